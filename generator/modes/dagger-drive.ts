/**
 * A student drives, mixed with the expert, until it hands over: the way to the states that its own errors lead to
 * (DAgger, Ross et al. 2011). Nothing of the drive is stored but the state at which the expert takes over.
 */
import { Environment, type EnvironmentOptions } from '../../sim/engine/environment.ts';
import type { EpisodeStart } from '../../sim/engine/episode-start.ts';
import type { Handover } from '../../sim/engine/handover.ts';
import type { Policy } from '../../sim/engine/policy.ts';
import type { Rng } from '../../sim/engine/rng.ts';
import { mixedWithExpert } from './dagger-mixture.ts';

/** A policy that is to err, and how it sees the world. */
export interface Student extends Pick<EnvironmentOptions, 'state' | 'view'> {
  readonly policy: Policy;
}

export interface DriveOptions {
  fps: number;
  /** The expert's share, as the mixture has it. */
  beta: number;
  /** The student's time, unless it hands over before. */
  untilS: number;
  rng: Rng;
}

export interface StudentDrive {
  handover: Handover;
  /** Where each chunk began, ascending, and last where the student handed over. Something remains to be done in all of them. */
  forks: { timeS: number; start: EpisodeStart }[];
  frames: { student: number; expert: number };
  queries: number;
}

/** Drives from the start. `loadTask` must have been awaited. */
export async function driveStudent(
  start: EpisodeStart,
  { policy: student, state, view }: Student,
  { fps, beta, untilS, rng }: DriveOptions,
): Promise<StudentDrive> {
  const run = new Environment(start, { fps, state, view });
  const watch = run.task.handover?.watch(fps);
  const policy = mixedWithExpert({ student, beta, rng: () => rng });
  const drive: StudentDrive = {
    handover: 'ended',
    forks: [],
    frames: { student: 0, expert: 0 },
    queries: 0,
  };
  const noteFork = (): void => {
    const { done, total } = run.world.progress;
    if (done < total) drive.forks.push({ timeS: run.world.timeS, start: run.fork() });
  };
  try {
    await run.begin(policy, start.seed);
    while (!run.isOver()) {
      if (run.frames >= untilS * fps) {
        drive.handover = 'drawn';
        noteFork();
        break;
      }
      if (run.frames % policy.actionSteps === 0) noteFork();
      const answer = await policy.act(run.observe());
      if (answer.queried) drive.queries++;
      const { action: expert, executed = expert } = answer;
      const byStudent = answer.executed !== undefined;
      const trigger = watch?.note(run.world, { executed, expert, byStudent });
      if (trigger) {
        drive.handover = trigger;
        noteFork();
        break;
      }
      drive.frames[byStudent ? 'student' : 'expert']++;
      run.act(expert, answer);
    }
    return drive;
  } finally {
    run.dispose();
  }
}
