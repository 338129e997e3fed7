/** One attempt at a job: a trajectory to keep, or a labelled failure. No I/O: the same anywhere, however often. */

import { type SeedStream, sampleStart } from '../scenarios/sampler.ts';
import type { Scenario } from '../scenarios/schema.ts';
import { LeadInFailure } from '../sim/engine/disturbance.ts';
import { replayFinalStateHash } from '../sim/engine/replay.ts';
import { taskOf } from '../sim/engine/task-registry.ts';
import type { Outcome, Trajectory } from '../sim/engine/trajectory.ts';
import { expertEpisode } from './modes/expert.ts';
import { type EpisodeKind, kindOfSlot, MODE_DEFAULTS, type ModeSettings } from './modes/kind.ts';
import { noiseEpisode, noiseLevelOf } from './modes/noise.ts';
import { disturbanceOf, recoveryEpisode } from './modes/recovery.ts';

/** An attempt that was not kept, with enough to run it again. */
export interface FailedAttempt {
  scenario: string;
  slot: number;
  attempt: number;
  reason: Exclude<Outcome, 'success'>;
  detail: string;
  /** Absent for the expert's own. */
  kind?: Exclude<EpisodeKind, 'expert'>;
  /** What the expert did not recover from: its bug. Absent where it failed before that. */
  disturbance?: string;
}

export interface AttemptOptions {
  scenario: Scenario;
  slot: number;
  attempt: number;
  seed: number;
  fps: number;
  state: string;
  /** The expert drives when left out. */
  modes?: ModeSettings;
}

export type AttemptOutcome = { kept: Trajectory; kind: EpisodeKind } | { failure: FailedAttempt };

/** Draws a start and lets it be driven as its slot asks. `loadTask` must have been awaited. */
export function attemptEpisode(options: AttemptOptions): AttemptOutcome {
  const { scenario, slot, attempt, seed } = options;
  const kind = kindOfSlot(options.modes ?? MODE_DEFAULTS, seed, scenario.name, slot);
  const failed = { scenario: scenario.name, slot, attempt, ...(kind === 'expert' ? {} : { kind }) };
  try {
    const trajectory = driveAttempt(kind, options);
    const { outcome: reason, detail, start } = trajectory;
    if (reason === 'success') return { kept: trajectory, kind };
    if (!start.disturbed) return { failure: { ...failed, reason, detail } };
    const { by, atS } = start.disturbed;
    const after = `after ${by} at ${atS.toFixed(1)} s: ${detail}`;
    return { failure: { ...failed, reason, detail: after, disturbance: by } };
  } catch (error) {
    if (!(error instanceof LeadInFailure)) throw error;
    return { failure: { ...failed, reason: 'timeout', detail: error.message } };
  }
}

function driveAttempt(kind: EpisodeKind, options: AttemptOptions): Trajectory {
  const { scenario, slot, attempt, seed, fps, state, modes = MODE_DEFAULTS } = options;
  const stream: SeedStream = { namespace: 'gen', seed, slot, attempt };
  const start = sampleStart(scenario, stream);
  const name = ['gen', seed, scenario.name, slot, attempt];
  switch (kind) {
    case 'expert':
      return expertEpisode(start, { fps, state });
    case 'noise':
      return noiseEpisode(start, {
        fps,
        state,
        name,
        level: noiseLevelOf(modes.noiseLevel, attempt),
        amplitude: modes.noiseAmplitude,
      });
    case 'recovery':
      return recoveryEpisode(start, {
        ...{ fps, state, name, scenario },
        disturbance: disturbanceOf(
          Object.keys(taskOf(start).disturbances ?? {}),
          seed,
          scenario.name,
          slot,
          attempt,
        ),
      });
    case 'dagger':
      throw new Error('episodes that a student drives are made by attemptDagger');
  }
}

/** Throws when running the executed actions again ends in another state than the trajectory did. */
export function assertReplays(trajectory: Trajectory): void {
  const hash = replayFinalStateHash(trajectory.start, trajectory.fps, trajectory.executedActions);
  if (hash !== trajectory.finalStateHash)
    throw new Error(
      `episode ${trajectory.start.seed} of ${trajectory.start.scenario}: replay ended in state ${hash}, recorded ${trajectory.finalStateHash}`,
    );
}
