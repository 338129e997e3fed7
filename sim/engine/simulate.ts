/** Runs an episode from its start to its end and records it. */

import type { EpisodeStart } from '../tasks/collect-bricks/episode-start.ts';
import { type Action, expertAction, expertView } from '../tasks/collect-bricks/expert/expert.ts';
import type { World } from '../tasks/collect-bricks/world.ts';
import { EPISODE_RUN_DEFAULTS, EpisodeRun, type EpisodeRunOptions, type FrameNotes } from './episode-run.ts';
import type { Phase, Trajectory } from './trajectory.ts';

export { AFTER_SUCCESS_S } from './episode-run.ts';

/** Asked once a frame: the label, and in FrameNotes what sets the frame apart from one that the expert drove. */
export type Driver = (world: World) => { action: ArrayLike<number>; phase: Phase } & FrameNotes;

export interface SimulateOptions extends EpisodeRunOptions {
  /** Who drives; the expert when left out. */
  driver?: Driver;
}

export const SIMULATE_DEFAULTS = EPISODE_RUN_DEFAULTS;

export const expertDriver: Driver = (world): { action: Action; phase: Phase } =>
  expertAction(expertView(world));

/**
 * One episode. Actions are rounded to float32 and clamped to [-1, 1] before they act, so that the recorded ones
 * replay exactly. `loadPhysics` must have been awaited.
 * @throws InputError when fps does not divide the physics rate.
 */
export function simulateEpisode(start: EpisodeStart, options: SimulateOptions = {}): Trajectory {
  const { driver = expertDriver, ...rest } = options;
  const run = new EpisodeRun(start, rest);
  try {
    while (!run.isOver()) {
      const { action, phase, ...notes } = driver(run.world);
      run.act(action, phase, notes);
    }
    return run.trajectory();
  } finally {
    run.dispose();
  }
}
