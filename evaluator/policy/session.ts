/** Runs a policy: one frame and state in, one chunk of actions out. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { InputError, throwFaults } from '../../sim/errors.ts';
import { addSince, threadTime } from '../../sim/host/thread-time.ts';
import type { PolicyContract } from './contract.ts';
import type { Policy } from './policy-folder.ts';

/**
 * One thread: a rollout worker is one core's, and a sum in one order gives the same bits with 1 worker and with 8.
 */
export const SESSION_OPTIONS = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
} as const satisfies InferenceSession.SessionOptions;

export class PolicySession {
  readonly contract: PolicyContract;
  /** What the runtime has computed so far, without the wait for its turn. */
  readonly spent = { wallS: 0, cpuS: 0 };
  readonly #session: InferenceSession;

  private constructor(contract: PolicyContract, session: InferenceSession) {
    this.contract = contract;
    this.#session = session;
  }

  /**
   * Builds the runtime's session from the bytes that were checked, and compares the graph's inputs and output with
   * policy.json.
   * @throws InputError with every difference.
   */
  static async open(policy: Pick<Policy, 'folder' | 'contract' | 'onnx'>): Promise<PolicySession> {
    const { folder, contract, onnx } = policy;
    let session: InferenceSession;
    try {
      session = await InferenceSession.create(onnx, SESSION_OPTIONS);
    } catch (error) {
      throw new InputError(
        `policy ${folder}: onnxruntime refuses ${contract.onnx.file}: ${(error as Error).message.split('\n')[0]}`,
      );
    }
    const faults = graphFaults(contract, session);
    if (faults.length > 0) await session.release();
    throwFaults(`policy ${folder}`, faults);
    const opened = new PolicySession(contract, session);
    await opened.#tryOnce(folder);
    return opened;
  }

  /** On a black picture: the answer must have the contract's shape. */
  async #tryOnce(folder: string): Promise<void> {
    const { inputs } = this.contract;
    const black = inputs.images.map(({ shape }) => new Uint8Array(shape[0] * shape[1] * 3));
    try {
      await this.query(black, new Float32Array(inputs.state.shape[0]));
    } catch (error) {
      await this.close();
      throw new InputError(
        `policy ${folder}: the graph does not run: ${(error as Error).message.split('\n')[0]}`,
      );
    }
  }

  /**
   * The action chunk, chunk x actions, one row after the other; raw numbers, NaN included where the policy gives them.
   * @param frames height x width x 3 bytes RGB, top row first; an array where there are several cameras
   * @param state raw numbers in the contract's order
   * @throws RangeError when a size is not the contract's
   */
  async query(frames: Uint8Array | readonly Uint8Array[], state: Float32Array): Promise<Float32Array> {
    const { inputs, output } = this.contract;
    const pictures = frames instanceof Uint8Array ? [frames] : frames;
    if (pictures.length !== inputs.images.length)
      throw new RangeError(`the policy takes ${inputs.images.length} pictures, got ${pictures.length}`);
    const feeds: Record<string, Tensor> = {};
    for (const [i, { name, shape }] of inputs.images.entries()) {
      const wanted = shape[0] * shape[1] * 3;
      if (pictures[i].length !== wanted)
        throw new RangeError(`${name} has ${wanted} bytes, got ${pictures[i].length}`);
      feeds[name] = new Tensor('uint8', pictures[i], [1, ...shape]);
    }
    const [numbers] = inputs.state.shape;
    if (state.length !== numbers)
      throw new RangeError(`the state has ${numbers} numbers, got ${state.length}`);
    feeds[inputs.state.name] = new Tensor('float32', state, [1, numbers]);
    // The runtime computes in a later turn of this thread's loop: a turn asked for just before begins right before it.
    let from = threadTime();
    setImmediate(() => {
      from = threadTime();
    });
    const results = await this.#session.run(feeds, [output.name]);
    addSince(this.spent, from);
    const { dims } = results[output.name];
    if (dims.join() !== [1, ...output.shape].join())
      throw new RangeError(
        `it answers with shape (${dims.join(', ')}), policy.json says (1, ${output.shape.join(', ')})`,
      );
    // A copy: the runtime frees its own buffer with the tensor.
    return Float32Array.from(results[output.name].data as Float32Array);
  }

  /** Frees the runtime's memory; the session is of no use afterwards. */
  async close(): Promise<void> {
    await this.#session.release();
  }
}

type Metadata = InferenceSession.ValueMetadata;

function graphFaults({ inputs, output }: PolicyContract, session: InferenceSession): string[] {
  const wantedInputs = [...inputs.images, inputs.state];
  return [
    ...valueFaults('input', wantedInputs, session.inputMetadata),
    ...valueFaults('output', [output], session.outputMetadata),
  ];
}

function valueFaults(
  kind: string,
  wanted: readonly { name: string; dtype: string; shape: readonly number[] }[],
  found: readonly Metadata[],
): string[] {
  const faults: string[] = [];
  for (const { name } of found) {
    if (!wanted.some((value) => value.name === name))
      faults.push(`the graph has an ${kind} ${name}, which policy.json does not name`);
  }
  for (const { name, dtype, shape } of wanted) {
    const value = found.find((one) => one.name === name);
    if (!value) {
      faults.push(`the graph has no ${kind} ${name}; it has ${found.map((one) => one.name).join(', ')}`);
    } else if (!value.isTensor || value.type !== dtype) {
      faults.push(
        `${kind} ${name} is ${value.isTensor ? value.type : 'no tensor'}, policy.json says ${dtype}`,
      );
    } else if (!fits(value.shape, shape)) {
      faults.push(
        `${kind} ${name} has shape (${value.shape.join(', ')}), policy.json says (N, ${shape.join(', ')})`,
      );
    }
  }
  return faults;
}

/**
 * The batch may be of any name or 1; the rest must be the numbers, or a name where the exporter could not tell (torch's
 * tracer leaves the chunk open), which a trial run then fills in.
 */
function fits(found: readonly (number | string)[], wanted: readonly number[]): boolean {
  if (found.length !== wanted.length + 1) return false;
  const [batch, ...rest] = found;
  if (typeof batch === 'number' && batch !== 1 && batch !== -1) return false;
  return rest.every((size, i) => typeof size === 'string' || size === -1 || size === wanted[i]);
}
