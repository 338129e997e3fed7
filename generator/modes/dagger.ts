/**
 * DAgger for policies that answer in chunks: a student drives, and where it hands over, or somewhat before, the expert
 * goes on in an episode of its own. One drive gives one episode: forks of one drive are alike, and a drive of half an
 * episode takes half a second.
 */

import type { EpisodeStart } from '../../sim/engine/episode-start.ts';
import type { Handover } from '../../sim/engine/handover.ts';
import { Rng } from '../../sim/engine/rng.ts';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import type { Trajectory } from '../../sim/engine/trajectory.ts';
import { driveStudent, type Student, type StudentDrive } from './dagger-drive.ts';
import { forkEpisode } from './dagger-fork.ts';
import type { AttemptFormat } from './expert.ts';

export const DAGGER_DEFAULTS = {
  /** Share of the chunks that the expert drives instead of the student. */
  beta: 0.1,
  /** Share of the drives that go on until the student hands over by itself or the episode ends … */
  toTheEnd: 0.5,
  /** … the time of the others is drawn up to this many times what the expert needs from the same start. */
  timeOfExpert: 1.2,
  /** Kept of an episode that begins where the student had done nothing wrong … */
  windowS: 6,
  /** … and where it had: recovered, then corrected. */
  recoveryWindowS: 12,
  /** One in so many hand-overs after a trigger begins where it fired; the others up to `leadS` before, on the way there. */
  atTrigger: 0.5,
  leadS: 6,
} as const;

export interface DaggerOptions extends AttemptFormat {
  beta: number;
  student: Student;
  /** The attempt's: all draws follow from it. */
  name: readonly (string | number)[];
  /** Ends the episode's key; tells the student. */
  suffix: string;
}

/** How an episode came about, for the summary. */
export interface DaggerOrigin {
  handover: Handover;
  /** How long before the hand-over the episode begins. */
  leadS: number;
  frames: StudentDrive['frames'];
  queries: number;
}

/** The outcome is the expert's, from the student's state to the end. `loadTask` must have been awaited. */
export async function daggerEpisode(
  start: EpisodeStart,
  { beta, student, name, suffix, fps, state }: DaggerOptions,
): Promise<{ trajectory: Trajectory; origin: DaggerOrigin }> {
  const rng = Rng.from(...name, 'dagger');
  const untilS = drawTimeS(start, fps, rng);
  const drive = await driveStudent(start, student, { fps, beta, untilS, rng });
  const last = drive.forks[drive.forks.length - 1];
  const fork = chooseFork(drive, rng);
  const triggered = drive.handover !== 'drawn' && drive.handover !== 'ended';
  const { windowS, recoveryWindowS } = DAGGER_DEFAULTS;
  const trajectory = forkEpisode(
    { ...fork.start, seed: `${start.seed}/${suffix}` },
    { fps, state, windowS: triggered ? recoveryWindowS : windowS },
  );
  const { handover, frames, queries } = drive;
  return { trajectory, origin: { handover, leadS: last.timeS - fork.timeS, frames, queries } };
}

/** Most students err late: without those who drive on, 28 of 30 were relieved with nothing done wrong. */
function drawTimeS(start: EpisodeStart, fps: number, rng: Rng): number {
  const toTheEnd = rng.unit() < DAGGER_DEFAULTS.toTheEnd;
  const share = rng.unit();
  if (toTheEnd) return Number.POSITIVE_INFINITY;
  return (share * DAGGER_DEFAULTS.timeOfExpert * simulateEpisode(start, { fps }).frames) / fps;
}

/** Where the expert takes over: a student that came to its end without it is looked at anywhere on its way. */
export function chooseFork({ handover, forks }: StudentDrive, rng: Rng): StudentDrive['forks'][number] {
  const last = forks[forks.length - 1];
  if (handover === 'drawn') return last;
  if (handover === 'ended') return rng.pick(forks);
  if (rng.unit() < DAGGER_DEFAULTS.atTrigger) return last;
  const from = last.timeS - DAGGER_DEFAULTS.leadS;
  return rng.pick(forks.filter(({ timeS }) => timeS >= from));
}
