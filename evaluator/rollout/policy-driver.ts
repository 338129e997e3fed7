/** A policy that answers with chunks of actions: when it is asked, and which of its answers act. */
import type { EpisodeRun } from '../../sim/episode-run.ts';
import { ACTION_SIZE } from '../../sim/trajectory.ts';
import type { Driver } from './driver.ts';

export interface ChunkOptions {
  /** Actions of a chunk that are executed before the policy is asked again. */
  actionSteps: number;
  /**
   * Ask in every frame and average what all chunks say about it, weight exp(-coefficient * i), i counted from the
   * oldest (Zhao et al. 2023, algorithm 2; lerobot's temporal_ensemble_coeff).
   */
  ensemble?: number;
}

export interface PolicyPorts {
  chunk: number;
  /** Called in every frame before anything else, asked or not. */
  watch?(run: EpisodeRun): void;
  /** RGB of the frame shown now. */
  draw(run: EpisodeRun): Promise<Uint8Array>;
  query(frame: Uint8Array, state: Float32Array): Promise<Float32Array>;
}

export class PolicyDriver implements Driver {
  readonly queryFrames: number[] = [];
  drawS = 0;
  readonly #ports: PolicyPorts;
  readonly #options: ChunkOptions;
  /** Chunks that still say something about now, oldest first. */
  #chunks: { from: number; actions: Float32Array }[] = [];

  constructor(ports: PolicyPorts, options: ChunkOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  async act(run: EpisodeRun): Promise<ArrayLike<number>> {
    const { ensemble, actionSteps } = this.#options;
    const frame = run.frames;
    this.#ports.watch?.(run);
    const every = ensemble === undefined ? actionSteps : 1;
    if (frame % every === 0) {
      const actions = await this.#ask(run, frame);
      if (ensemble === undefined) this.#chunks = [];
      this.#chunks.push({ from: frame, actions });
    }
    const { chunk } = this.#ports;
    this.#chunks = this.#chunks.filter(({ from }) => frame - from < chunk);
    const rows = this.#chunks.map(({ from, actions }) => {
      const at = (frame - from) * ACTION_SIZE;
      return actions.subarray(at, at + ACTION_SIZE);
    });
    return rows.length === 1 ? rows[0] : ensembled(rows, ensemble!);
  }

  async #ask(run: EpisodeRun, frame: number): Promise<Float32Array> {
    this.queryFrames.push(frame);
    const from = performance.now();
    const picture = await this.#ports.draw(run);
    this.drawS += (performance.now() - from) / 1000;
    return this.#ports.query(picture, run.observe());
  }
}

/** The weighted mean of what chunks say about one frame, oldest first. */
export function ensembled(rows: readonly Float32Array[], coefficient: number): number[] {
  const weights = rows.map((_, i) => Math.exp(-coefficient * i));
  const total = weights.reduce((a, b) => a + b, 0);
  return Array.from(
    { length: ACTION_SIZE },
    (_, axis) => rows.reduce((sum, row, i) => sum + row[axis] * weights[i], 0) / total,
  );
}
