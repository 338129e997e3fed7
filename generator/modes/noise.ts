/**
 * Noise on what is executed, the clean action as the label (DART, Laskey et al. 2017): the expert is asked in every
 * frame what it would do there, and now and then something else is done, so that the dataset shows the way back from
 * where a policy's errors lead. Bursts of a constant offset rather than white noise: over a few frames a policy errs
 * to one side, and what averages out leads nowhere. `source` is 'noise' in the frames that were disturbed. Every label
 * is the expert's for the state that it stands beside, so all of them may be learned from.
 */

import type { EpisodeStart } from '../../sim/engine/episode-start.ts';
import { syncPolicy } from '../../sim/engine/policies.ts';
import type { SyncPolicy } from '../../sim/engine/policy.ts';
import { Rng } from '../../sim/engine/rng.ts';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import { taskOf } from '../../sim/engine/task-registry.ts';
import type { Trajectory } from '../../sim/engine/trajectory.ts';
import type { AttemptFormat } from './expert.ts';

export const NOISE_DEFAULTS = {
  /** Bursts begun a second of undisturbed driving: 6 % of the frames at 10 Hz. */
  burstsAS: 0.6,
  /** How long a burst lasts. */
  burstS: { min: 0.4, max: 1.3 },
  /** Each further attempt at a slot has so much of the noise of the one before. */
  gentlerBy: 0.6,
} as const;

/**
 * The level of an attempt: the cap at which the expert still succeeds is found slot by slot, since it differs by place.
 * Between box and walls, where the lane is a few centimetres wider than the bucket, 2 of 8 starts were solved at level
 * 1, 8 of 8 at 0.5.
 */
export function noiseLevelOf(level: number, attempt: number): number {
  let gentler = level;
  for (let i = 0; i < attempt; i++) gentler *= NOISE_DEFAULTS.gentlerBy; // the engine's power may differ
  return gentler;
}

export interface NoiseOptions {
  /** The attempt's: the draws follow from it alone. */
  name: readonly (string | number)[];
  level: number;
  /** Largest offsets of the controls at level 1, each burst draws its own below them; the robot's when left out. */
  amplitude?: readonly number[];
}

export function noiseEpisode<Start extends EpisodeStart>(
  start: Start,
  { fps, state, ...noise }: NoiseOptions & AttemptFormat,
): Trajectory<Start> {
  const policy = noisePolicy(noise);
  return simulateEpisode({ ...start, seed: `${start.seed}/noise` }, { fps, state, policy });
}

/** Asks the expert, and executes what it says with an offset during bursts. */
export function noisePolicy({ name, level, amplitude }: NoiseOptions): SyncPolicy {
  const { burstsAS, burstS } = NOISE_DEFAULTS;
  return syncPolicy(({ start, spec: { fps } }) => {
    const task = taskOf(start);
    const rng = Rng.from(...name, 'noise');
    const largest = amplitude ?? task.robot.noiseAmplitude;
    let framesLeft = 0;
    let offsets: number[] = [];
    return ({ world }) => {
      const action = task.expert(world);
      if (framesLeft === 0 && rng.unit() < burstsAS / fps) {
        framesLeft = Math.max(1, Math.round(rng.range(burstS.min, burstS.max) * fps));
        offsets = largest.map((most) => level * rng.range(-most, most));
      }
      if (framesLeft === 0) return { action };
      framesLeft--;
      return { action, executed: action.map((value, i) => value + offsets[i]), source: 'noise' };
    };
  });
}
