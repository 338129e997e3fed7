/** Runs an episode from its start to its end and records it. */
import { Environment, type EnvironmentOptions, type FrameNotes } from './environment.ts';
import type { EpisodeStart } from './episode-start.ts';
import { taskOf } from './task-registry.ts';
import type { Trajectory } from './trajectory.ts';
import type { World } from './world.ts';

/** Asked once a frame: the label, and in FrameNotes what sets the frame apart from one that the expert drove. */
export type Driver = (world: World) => { action: ArrayLike<number> } & FrameNotes;

export interface SimulateOptions extends EnvironmentOptions {
  /** Who drives; the expert when left out. */
  driver?: Driver;
}

export const expertDriver: Driver = (world) => ({
  action: taskOf(world.start).expert(world),
});

/**
 * One episode. Actions are rounded to float32 and clamped to [-1, 1] before they act, so that the recorded ones
 * replay exactly. The start's task must have been loaded.
 * @throws InputError when fps does not divide the physics rate.
 */
export function simulateEpisode<Start extends EpisodeStart>(
  start: Start,
  options: SimulateOptions = {},
): Trajectory<Start> {
  const { driver = expertDriver, ...rest } = options;
  const environment = new Environment(start, rest);
  try {
    while (!environment.isOver()) {
      const { action, ...notes } = driver(environment.world);
      environment.act(action, notes);
    }
    return environment.trajectory() as Trajectory<Start>;
  } finally {
    environment.dispose();
  }
}
