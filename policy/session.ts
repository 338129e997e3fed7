/** Runs a policy: one frame and state in, one chunk of actions out. */
import { InputError, throwFaults } from '../sim/errors.ts';
import type { PolicyContract } from './contract.ts';
import { GraphEnded, GraphError, GraphProcess } from './graph-process.ts';
import type { PolicyFolder } from './policy-folder.ts';
import { sessionLimits } from './session-limits.ts';
import type { Metadata, Question } from './session-messages.ts';

export class PolicySession {
  readonly contract: PolicyContract;
  /** What the runtime has computed so far, without the wait for its turn. */
  readonly spent = { wallS: 0, cpuS: 0 };
  readonly #folder: string;
  readonly #graph: GraphProcess;

  private constructor(folder: string, contract: PolicyContract, graph: GraphProcess) {
    this.#folder = folder;
    this.contract = contract;
    this.#graph = graph;
  }

  /**
   * Starts a process that builds the runtime's session from the bytes that were checked, and compares the graph's
   * inputs and output with policy.json.
   * @throws InputError with every difference, and where the graph does not answer within its limits
   */
  static async open(policy: Pick<PolicyFolder, 'folder' | 'contract' | 'onnx'>): Promise<PolicySession> {
    const { folder, contract, onnx } = policy;
    let graph: GraphProcess;
    try {
      graph = await GraphProcess.open(onnx, sessionLimits(contract));
    } catch (error) {
      const { message } = error as Error;
      const text =
        error instanceof GraphEnded
          ? `${contract.onnx.file}: ${message}`
          : `onnxruntime refuses ${contract.onnx.file}: ${message}`;
      throw new InputError(`policy ${folder}: ${text}`);
    }
    const faults = graphFaults(contract, graph);
    if (faults.length > 0) graph.close();
    throwFaults(`policy ${folder}`, faults);
    const opened = new PolicySession(folder, contract, graph);
    await opened.#tryOnce();
    return opened;
  }

  /** Whether it can still be asked; a graph that ran over its limits was ended, and has to be opened again. */
  get isOpen(): boolean {
    return this.#graph.isRunning;
  }

  /** On a black picture: the answer must have the contract's shape. */
  async #tryOnce(): Promise<void> {
    const { inputs } = this.contract;
    const black = inputs.images.map(({ shape }) => new Uint8Array(shape[0] * shape[1] * 3));
    try {
      await this.query(black, new Float32Array(inputs.state.shape[0]));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * The action chunk, chunk x actions, one row after the other; raw numbers, NaN included where the policy gives them.
   * @param frames height x width x 3 bytes RGB, top row first; an array where there are several cameras
   * @param state raw numbers in the contract's order
   * @throws RangeError when a size is not the contract's, GraphError when the graph gives no such answer
   */
  async query(frames: Uint8Array | readonly Uint8Array[], state: Float32Array): Promise<Float32Array> {
    const { inputs, output } = this.contract;
    const pictures = frames instanceof Uint8Array ? [frames] : frames;
    if (pictures.length !== inputs.images.length)
      throw new RangeError(`the policy takes ${inputs.images.length} pictures, got ${pictures.length}`);
    const feeds: Question['feeds'] = {};
    for (const [i, { name, shape }] of inputs.images.entries()) {
      const wanted = shape[0] * shape[1] * 3;
      if (pictures[i].length !== wanted)
        throw new RangeError(`${name} has ${wanted} bytes, got ${pictures[i].length}`);
      feeds[name] = { data: pictures[i], dims: [1, ...shape] };
    }
    const [numbers] = inputs.state.shape;
    if (state.length !== numbers)
      throw new RangeError(`the state has ${numbers} numbers, got ${state.length}`);
    feeds[inputs.state.name] = { data: state, dims: [1, numbers] };
    try {
      const dims = [1, ...output.shape];
      const { data, wallS, cpuS } = await this.#graph.ask({ feeds, output: output.name, dims });
      this.spent.wallS += wallS;
      this.spent.cpuS += cpuS;
      return data;
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof GraphEnded) throw new GraphEnded(`policy ${this.#folder}: ${message}`);
      throw new GraphError(`policy ${this.#folder}: the graph does not run: ${message}`);
    }
  }

  /** Ends the process; the session is of no use afterwards. */
  async close(): Promise<void> {
    this.#graph.close();
  }
}

function graphFaults(
  { inputs, output }: PolicyContract,
  graph: Pick<GraphProcess, 'inputs' | 'outputs'>,
): string[] {
  const wantedInputs = [...inputs.images, inputs.state];
  return [
    ...valueFaults('input', wantedInputs, graph.inputs),
    ...valueFaults('output', [output], graph.outputs),
  ];
}

function valueFaults(
  kind: string,
  wanted: readonly { name: string; dtype: string; shape: readonly number[] }[],
  found: Metadata,
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
