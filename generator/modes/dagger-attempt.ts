/** One attempt of `--mode dagger`: an ordinary or an aimed start, a student's drive, the expert from there. */

import { sampleStart, timeLimitS } from '../../scenarios/sampler.ts';
import type { Handover } from '../../sim/engine/handover.ts';
import { taskOf } from '../../sim/engine/task-registry.ts';
import type { Trajectory } from '../../sim/engine/trajectory.ts';
import { type AimPool, aimStart } from '../aim.ts';
import type { AttemptOptions, FailedAttempt } from '../episode.ts';
import { daggerEpisode } from './dagger.ts';
import type { Student } from './dagger-drive.ts';

export interface DaggerAttemptOptions extends Omit<AttemptOptions, 'modes'> {
  student: Student;
  /** Names the student in the episode's key. */
  studentHash: string;
  beta: number;
  aim?: AimPool;
  /** By scenario: chance of an ordinary start. */
  ordinary?: Readonly<Record<string, number>>;
}

/** How an episode came about. */
export interface DaggerNote {
  handover: Handover;
  /** Label of the failure that it was aimed at. */
  aimed?: string;
  /** Frames that were driven before it and are not stored. */
  driven: { student: number; expert: number };
  queries: number;
}

export type DaggerOutcome =
  | { kept: Trajectory; kind: 'dagger'; dagger: DaggerNote }
  | { failure: FailedAttempt };

/** What the expert cannot solve from a student's state is not kept. `loadTask` must have been awaited. */
export async function attemptDagger(options: DaggerAttemptOptions): Promise<DaggerOutcome> {
  const { scenario, slot, attempt, seed, fps, state, student, studentHash, beta } = options;
  const name = ['gen', seed, scenario.name, slot, attempt];
  const drawn = sampleStart(scenario, { namespace: 'gen', seed, slot, attempt });
  const { start: begun, label } = options.aim
    ? aimStart(drawn, options.aim, options.ordinary?.[scenario.name] ?? 1, name)
    : { start: drawn, label: undefined };
  // A start from a rollout has its own number of things to do.
  const start = label ? { ...begun, timeLimitS: timeLimitS(scenario, taskOf(begun).count(begun)) } : begun;
  const suffix = `dagger/${studentHash.slice(0, 8)}${label ? `/${label}` : ''}`;
  const { trajectory, origin } = await daggerEpisode(start, {
    fps,
    state,
    beta,
    student,
    name,
    suffix,
  });
  const { outcome: reason, detail } = trajectory;
  const { handover, frames: driven, queries } = origin;
  if (reason !== 'success') {
    const from = `after a student's ${handover} hand-over: ${detail}`;
    return {
      failure: { scenario: scenario.name, slot, attempt, reason, detail: from, kind: 'dagger' },
    };
  }
  const dagger = { handover, ...(label ? { aimed: label } : {}), driven, queries };
  return { kept: trajectory, kind: 'dagger', dagger };
}
