/** The state of one episode as the engine knows it: it can be stepped, observed, forked and judged, whatever is in it. */
import type { EpisodeStart } from './episode-start.ts';

/** How far the task has come, in things to be done. */
export interface Progress {
  done: number;
  total: number;
}

/** Made by a task's `createWorld`. All that changes is in it, so that equal states go on equally. */
export interface World<Start extends EpisodeStart = EpisodeStart> {
  readonly start: Start;
  /** Simulated seconds since the start. */
  readonly timeS: number;
  /** Every number of the state is finite. */
  readonly isFinite: boolean;
  /** The start's criteria of success hold. */
  readonly isDone: boolean;
  /** After success: the robot is at rest as an episode shall end. */
  readonly isSettled: boolean;
  /** Why the task can no longer be done, as one of the task's outcomes; undefined while it can. */
  readonly lost: string | undefined;
  readonly progress: Progress;
  /** Runs the physics for `seconds` (a whole number of physics steps) with the action held. */
  step(action: ArrayLike<number>, seconds: number): void;
  /** Writes the numbers of one of the task's state layouts to the front of `out`. */
  observe(layout: string, out: Float32Array | number[]): void;
  /** Writes one row of poses, `poseSize` numbers, from which a picture can be drawn. */
  writePose(out: Float32Array, offset: number): void;
  /** What must move for the episode not to count as stuck: metres and radians. */
  positions(): number[];
  /** Where things stand, for the sentence about a failed episode. */
  describe(): string;
  /** A start that begins from here; see the task for what begins anew. */
  startNow(): Start;
  /** 16 hex digits over the exact bits of everything that moves. */
  stateHash(): string;
  /** Frees the engine's memory; the world is of no use afterwards. */
  dispose(): void;
}
