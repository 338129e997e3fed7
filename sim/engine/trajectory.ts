/**
 * The trajectory is the artefact of the project: poses, observations and actions of one episode, from which
 * pictures are made later and which can be replayed to the same final state.
 */
import type { EpisodeStart } from './episode-start.ts';

/** Who drove, and whose action is the label. */
export const SOURCES = ['expert', 'noise', 'recovery', 'dagger'] as const;
export type Source = (typeof SOURCES)[number];

/** How an episode ended; tasks add ways in which they can no longer be done. */
export type Outcome = 'success' | 'timeout' | 'stuck' | 'non-finite' | (string & {});

export interface Trajectory<Start extends EpisodeStart = EpisodeStart> {
  start: Start;
  fps: number;
  stateNames: readonly string[];
  /** Number of frames; frame t shows the world before action t. */
  frames: number;
  /** frames x the task's poseSize. */
  poses: Float32Array;
  /** frames x stateNames.length. */
  states: Float32Array;
  /** frames x controls of the robot: the label. */
  actions: Float32Array;
  /** frames x controls: what drove. */
  executedActions: Float32Array;
  /** frames: index into SOURCES. */
  sources: Uint8Array;
  /** frames: 1 where the label may be learned from. */
  labelValid: Uint8Array;
  /** frames: index into the task's phases. */
  phases: Uint8Array;
  outcome: Outcome;
  /** One line of detail for a failed outcome: where and when. */
  detail: string;
  /** Hash of the world after the last action, 16 hex digits. */
  finalStateHash: string;
}

/** How many frames each source drove, in the order of SOURCES; sources without a frame are left out. */
export function framesBySource(sources: ArrayLike<number>): Partial<Record<Source, number>> {
  const counts = SOURCES.map(() => 0);
  for (let frame = 0; frame < sources.length; frame++) counts[sources[frame]]++;
  return Object.fromEntries(SOURCES.map((source, i) => [source, counts[i]]).filter(([, count]) => count));
}
