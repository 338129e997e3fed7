/** One attempt at a job: a trajectory to keep, or a labelled failure. No I/O: the same anywhere, however often. */
import { type SeedStream, sampleStart } from '../scenarios/sampler.ts';
import type { Scenario } from '../scenarios/schema.ts';
import { replayFinalStateHash } from '../sim/replay.ts';
import { simulateEpisode } from '../sim/simulate.ts';
import type { Outcome, Trajectory } from '../sim/trajectory.ts';
import type { StateChoice } from './settings.ts';

/** An attempt that was not kept, with enough to run it again. */
export interface FailedAttempt {
  scenario: string;
  slot: number;
  attempt: number;
  reason: Exclude<Outcome, 'success'>;
  detail: string;
}

export interface AttemptOptions {
  scenario: Scenario;
  slot: number;
  attempt: number;
  seed: number;
  fps: number;
  state: StateChoice;
}

export type AttemptOutcome = { kept: Trajectory } | { failure: FailedAttempt };

/** Draws a start and lets the expert try it. `loadPhysics` must have been awaited. */
export function attemptEpisode({
  scenario,
  slot,
  attempt,
  seed,
  fps,
  state,
}: AttemptOptions): AttemptOutcome {
  const stream: SeedStream = { namespace: 'gen', seed, slot, attempt };
  const trajectory = simulateEpisode(sampleStart(scenario, stream), { fps, state });
  const { outcome: reason, detail } = trajectory;
  if (reason === 'success') return { kept: trajectory };
  return { failure: { scenario: scenario.name, slot, attempt, reason, detail } };
}

/** Throws when running the executed actions again ends in another state than the trajectory did. */
export function assertReplays(trajectory: Trajectory): void {
  const hash = replayFinalStateHash(trajectory.start, trajectory.fps, trajectory.executedActions);
  if (hash !== trajectory.finalStateHash)
    throw new Error(
      `episode ${trajectory.start.seed} of ${trajectory.start.scenario}: replay ended in state ${hash}, recorded ${trajectory.finalStateHash}`,
    );
}
