/**
 * What is executed of a policy's chunks: one of them row by row, or the mean of all that say something about a frame.
 * Rollouts and the students of DAgger drive by it; trainer/brickyard_trainer/driven_parity.py compares it with lerobot.
 */
import { InputError } from '../sim/errors.ts';
import type { PolicyContract } from './contract.ts';

export interface ChunkOptions {
  /** Actions of a chunk that are executed before the policy is asked again. */
  actionSteps: number;
  /**
   * Ask in every frame and average what all chunks say about it, weight exp(-coefficient * i), i counted from the
   * oldest (Zhao et al. 2023, algorithm 2; lerobot's temporal_ensemble_coeff).
   */
  ensemble?: number;
}

/** What a user asks for instead of what the policy was trained with. */
export interface ChunkRequest {
  actionSteps?: number;
  /** `off`: whole chunks of a policy that averages. */
  ensemble?: number | 'off';
}

/**
 * How a policy is driven: as its checkpoint says, or as asked.
 * @param label of the policy, for messages
 * @param remedy what to do about --action-steps on a policy that averages
 * @throws InputError for steps beyond the chunk, or steps of a policy that is asked in every frame
 */
export function chunkOptions(
  contract: Pick<PolicyContract, 'chunk' | 'action_steps' | 'temporal_ensemble'>,
  request: ChunkRequest,
  { label, remedy }: { label: string; remedy: string },
): ChunkOptions {
  const { chunk, action_steps, temporal_ensemble } = contract;
  const actionSteps = request.actionSteps ?? action_steps;
  if (actionSteps > chunk)
    throw new InputError(`--action-steps is ${actionSteps}, but a chunk of ${label} has ${chunk} actions`);
  const ensemble = request.ensemble ?? temporal_ensemble;
  if (ensemble === undefined || ensemble === 'off') return { actionSteps };
  if (request.actionSteps !== undefined)
    throw new InputError(
      `--action-steps is ${request.actionSteps}, but ${label} is asked in every frame and its chunks are averaged (temporal ensembling, coefficient ${ensemble}): ${remedy}`,
    );
  return { actionSteps: 1, ensemble };
}

/** What a contract says of chunks. */
export type ChunkShape = Pick<PolicyContract, 'chunk'> & {
  readonly output: Pick<PolicyContract['output'], 'shape' | 'range'>;
};

/** The chunks of one episode. */
export class ActionChunks {
  readonly #shape: { chunk: number; actions: number };
  readonly #options: ChunkOptions;
  readonly #range: readonly [number, number];
  /** Those that still say something, oldest first. */
  #chunks: { from: number; values: ArrayLike<number> }[] = [];

  constructor(contract: ChunkShape, options: ChunkOptions) {
    this.#shape = { chunk: contract.chunk, actions: contract.output.shape[1] };
    this.#range = contract.output.range;
    this.#options = options;
  }

  /** Whether it is asked in every frame, and all its answers count. */
  get averages(): boolean {
    return this.#options.ensemble !== undefined;
  }

  /** Whether the policy is asked before the frame is driven. */
  asksAt(frame: number): boolean {
    return this.averages || frame % this.#options.actionSteps === 0;
  }

  /** The policy's answer, chunk x actions, to the frame. */
  add(frame: number, values: ArrayLike<number>): void {
    if (!this.averages) this.#chunks = [];
    this.#chunks.push({ from: frame, values });
  }

  /** What is executed in the frame. Answers of earlier frames may be missing, not all of them. */
  actionAt(frame: number): number[] {
    const { chunk, actions } = this.#shape;
    this.#chunks = this.#chunks.filter(({ from }) => frame - from < chunk);
    const rows = this.#chunks.map(({ from, values }) =>
      Array.from({ length: actions }, (_, axis) => values[(frame - from) * actions + axis]),
    );
    const mean = rows.length === 1 ? rows[0] : ensembled(rows, this.#options.ensemble!);
    // Averaged first, then clamped: the graph of a policy with an ensemble of its own does not clamp.
    const [low, high] = this.#range;
    return mean.map((value) => (value < low ? low : Math.min(value, high)));
  }
}

/** The weighted mean of what chunks say about one frame, oldest first. */
export function ensembled(rows: readonly ArrayLike<number>[], coefficient: number): number[] {
  // With a negative coefficient the newest weighs most: counted from it, no weight overflows.
  const first = coefficient < 0 ? rows.length - 1 : 0;
  const weights = rows.map((_, i) => Math.exp(-coefficient * (i - first)));
  const total = weights.reduce((a, b) => a + b, 0);
  return Array.from(
    { length: rows[0].length },
    (_, axis) => rows.reduce((sum, row, i) => sum + row[axis] * weights[i], 0) / total,
  );
}
