/**
 * Repeats the export's three parity figures in the runtime that evaluates policies, on the same real frames, and writes
 * them into policy.json. The frames and PyTorch's answers come from the export's dump (trainer/brickyard_trainer/parity.py).
 */
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tensor as RuntimeTensor, InferenceSession as Session } from 'onnxruntime-node';
import { z } from 'zod';
import type { PolicyContract } from '../../policy/contract.ts';
import { POLICY_FILE } from '../../policy/contract.ts';
import { checkGoldenPairs } from '../../policy/golden-pairs.ts';
import { InferenceSession, SESSION_OPTIONS, Tensor } from '../../policy/onnxruntime.ts';
import { loadPolicy, type PolicyFolder } from '../../policy/policy-folder.ts';
import { PolicySession } from '../../policy/session.ts';
import { Disk } from '../../runtime/disk.ts';
import { NegativeResult } from '../../sim/errors.ts';

/** As in trainer/brickyard_trainer/parity.py, which says why `network` is not 1e-5. Actions are from -1 to 1. */
export const PARITY_BARS = { resize: 1 / 255, network: 1e-4, end_to_end: 1e-3 } as const;

/** Of actions of a larger range, degrees for example, half of it counts as 1. */
function barsFor([low, high]: PolicyContract['output']['range']): Record<keyof typeof PARITY_BARS, number> {
  return { ...PARITY_BARS, end_to_end: PARITY_BARS.end_to_end * Math.max(1, (high - low) / 2) };
}

/** What is said of a policy whose export left no dump. */
export const GOLDEN_PAIRS_ONLY =
  'only its golden pairs were compared in this runtime, not the frames of its export';
export const NODE_RUNTIME = 'onnxruntime_node';

export type ParityFigures = PolicyContract['parity'][string];

const indexSchema = z.looseObject({
  cameras: z.array(z.string()).min(1),
  frames: z.number().int().positive(),
  shapes: z.record(z.string(), z.array(z.number().int().positive())),
});

/**
 * Loads the policy, compares its golden pairs and, with a dump, the three figures.
 * @param dumps a folder with the export's dump under the graph's sha256, which is removed; where there is none, the
 *   golden pairs alone are compared and policy.json stays as it is
 * @throws InputError when the folder is not what it says, NegativeResult when a figure is over its bar
 */
export async function verifyPolicy(folder: string, dumps: string): Promise<ParityFigures | null> {
  const policy = await loadPolicy(folder);
  const session = await PolicySession.open(policy);
  const dump = join(dumps, policy.contract.onnx.sha256);
  try {
    await checkGoldenPairs(session, policy);
    if (!existsSync(dump)) return null;
    const figures = await measureParity(policy, session, dump);
    assertParity(figures, policy.contract.output.range);
    await recordParity(policy, figures);
    return figures;
  } finally {
    await session.close();
    await rm(dump, { recursive: true, force: true });
  }
}

/** Largest differences over all frames of the dump. */
export async function measureParity(
  policy: Pick<PolicyFolder, 'contract'>,
  session: PolicySession,
  dump: string,
): Promise<ParityFigures> {
  const { cameras, frames, shapes } = indexSchema.parse(
    JSON.parse(await readFile(join(dump, 'index.json'), 'utf8')),
  );
  const suffixes = cameras.map((_, i) => (cameras.length === 1 ? '' : `.${i}`));
  const pictures = await Promise.all(suffixes.map((suffix) => readRows(dump, `frames${suffix}.u8`, shapes)));
  const resized = await Promise.all(suffixes.map((suffix) => readRows(dump, `resized${suffix}.u8`, shapes)));
  const [states, normal, network, actions] = await Promise.all(
    ['states.f32', 'states_normalised.f32', 'network_actions.f32', 'actions.f32'].map((name) =>
      readRows(dump, name, shapes),
    ),
  );
  const figures: ParityFigures = { frames, resize: 0, network: 0, end_to_end: 0 };
  const { name: stateName } = policy.contract.inputs.state;
  for (const [i, camera] of cameras.entries()) {
    const graph = await openGraph(join(dump, `resize${suffixes[i]}.onnx`));
    for (let frame = 0; frame < frames; frame++) {
      const answer = await answerOf(graph, { [camera]: pictures[i].tensor(frame) });
      figures.resize = Math.max(figures.resize, largest(answer, resized[i].row(frame)) / 255);
    }
    await graph.release();
  }
  const graph = await openGraph(join(dump, 'network.onnx'));
  for (let frame = 0; frame < frames; frame++) {
    const feeds: Record<string, RuntimeTensor> = { [stateName]: normal.tensor(frame) };
    for (const [i, camera] of cameras.entries()) feeds[camera] = resized[i].tensor(frame);
    figures.network = Math.max(figures.network, largest(await answerOf(graph, feeds), network.row(frame)));
    const given = pictures.map((rows) => rows.row(frame) as Uint8Array);
    const answer = await session.query(given, states.row(frame) as Float32Array);
    figures.end_to_end = Math.max(figures.end_to_end, largest(answer, actions.row(frame)));
  }
  await graph.release();
  return figures;
}

/** @throws NegativeResult naming each figure over its bar */
export function assertParity(
  figures: ParityFigures,
  range: PolicyContract['output']['range'] = [-1, 1],
): void {
  const over = Object.entries(barsFor(range))
    .filter(([name, bar]) => !(figures[name as keyof typeof PARITY_BARS] <= bar))
    .map(
      ([name, bar]) =>
        `${name} ${figures[name as keyof typeof PARITY_BARS].toPrecision(3)} (at most ${bar.toPrecision(3)})`,
    );
  if (over.length > 0)
    throw new NegativeResult(
      `over ${figures.frames} frames onnxruntime-node disagrees with the trained network: ${over.join(', ')}`,
    );
}

async function recordParity({ folder, contract }: PolicyFolder, figures: ParityFigures): Promise<void> {
  const parity = { ...contract.parity, [NODE_RUNTIME]: figures };
  await new Disk().writeWhole(
    join(folder, POLICY_FILE),
    `${JSON.stringify({ ...contract, parity }, null, 2)}\n`,
  );
}

/** An array of the dump, frame by frame. */
interface Rows {
  row(frame: number): Uint8Array | Float32Array;
  /** With a batch of one in front. */
  tensor(frame: number): RuntimeTensor;
}

async function readRows(folder: string, name: string, shapes: Record<string, number[]>): Promise<Rows> {
  const [, ...shape] = shapes[name];
  const size = shape.reduce((a, b) => a * b, 1);
  const file = await readFile(join(folder, name));
  // A copy, so that float32 lies on a multiple of four.
  const bytes = new Uint8Array(file);
  const isFloat = name.endsWith('.f32');
  const values = isFloat ? new Float32Array(bytes.buffer) : bytes;
  const row = (frame: number) => values.subarray(frame * size, (frame + 1) * size);
  const tensor = (frame: number): RuntimeTensor =>
    isFloat
      ? new Tensor('float32', row(frame) as Float32Array, [1, ...shape])
      : new Tensor('uint8', row(frame) as Uint8Array, [1, ...shape]);
  return { row, tensor };
}

async function openGraph(path: string): Promise<Session> {
  return InferenceSession.create(new Uint8Array(await readFile(path)), SESSION_OPTIONS);
}

async function answerOf(graph: Session, feeds: Record<string, RuntimeTensor>): Promise<ArrayLike<number>> {
  const [output] = graph.outputNames;
  return (await graph.run(feeds))[output].data as Float32Array;
}

/** NaN, or another number of values, counts as infinitely far. */
function largest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= most)) most = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return most;
}
