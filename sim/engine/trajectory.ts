/**
 * The trajectory is the artefact of the project: poses, observations and actions of one episode, from which
 * pictures are made later and which can be replayed to the same final state.
 */
import type { EpisodeStart } from '../tasks/collect-bricks/episode-start.ts';

export const ACTION_NAMES = ['steering', 'throttle', 'bucket', 'lift'] as const;
export const ACTION_SIZE = ACTION_NAMES.length;

/** Who drove, and whose action is the label. */
export const SOURCES = ['expert', 'noise', 'recovery', 'dagger'] as const;
export type Source = (typeof SOURCES)[number];

/** What the expert is doing, derived from the world and never an input of it. */
export const PHASES = [
  'search',
  'turn',
  'approach',
  'scoop',
  'lift',
  'carry',
  'drive-in',
  'tip',
  'back-off',
  'lower',
] as const;
export type Phase = (typeof PHASES)[number];

export const POSE_LOADER_SIZE = 5; // x, z, heading, lift, tilt
export const POSE_BRICK_SIZE = 7; // x, y, z, qx, qy, qz, qw
export const poseSize = (bricks: number): number => POSE_LOADER_SIZE + POSE_BRICK_SIZE * bricks;

export type Outcome = 'success' | 'timeout' | 'stuck' | 'brick-lost' | 'non-finite';

export interface Trajectory {
  start: EpisodeStart;
  fps: number;
  stateNames: readonly string[];
  /** Number of frames; frame t shows the world before action t. */
  frames: number;
  /** frames x poseSize(bricks). */
  poses: Float32Array;
  /** frames x stateNames.length. */
  states: Float32Array;
  /** frames x 4: the label. */
  actions: Float32Array;
  /** frames x 4: what drove the loader. */
  executedActions: Float32Array;
  /** frames: index into SOURCES. */
  sources: Uint8Array;
  /** frames: 1 where the label may be learned from. */
  labelValid: Uint8Array;
  /** frames: index into PHASES. */
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
