/** Runs an episode from its start to its end and records it. */
import { Environment, type EnvironmentOptions } from './environment.ts';
import type { EpisodeStart } from './episode-start.ts';
import { expertPolicy } from './policies.ts';
import type { SyncPolicy } from './policy.ts';
import type { Trajectory } from './trajectory.ts';

export interface SimulateOptions extends EnvironmentOptions {
  /** Who drives; the expert when left out. */
  policy?: SyncPolicy;
}

/**
 * One episode. Actions are rounded to float32 and clamped to [-1, 1] before they act, so that the recorded ones
 * replay exactly. The start's task must have been loaded.
 * @throws InputError when fps does not divide the physics rate.
 */
export function simulateEpisode<Start extends EpisodeStart>(
  start: Start,
  options: SimulateOptions = {},
): Trajectory<Start> {
  const { policy = expertPolicy(), ...rest } = options;
  const environment = new Environment(start, rest);
  try {
    environment.begin(policy, `${start.scenario}/${start.seed}`);
    while (!environment.isOver()) {
      const answer = policy.act(environment.observe());
      environment.act(answer.action, answer);
    }
    return environment.trajectory() as Trajectory<Start>;
  } finally {
    environment.dispose();
  }
}
