/**
 * A student drives, mixed with the expert, until it hands over: the way to the states that its own errors lead to
 * (DAgger, Ross et al. 2011). Nothing of the drive is stored but the state at which the expert takes over.
 */
import type { ActionChunks } from '../../evaluator/policy/action-chunks.ts';
import { EpisodeRun } from '../../sim/engine/episode-run.ts';
import type { Rng } from '../../sim/engine/rng.ts';
import type { EpisodeStart } from '../../sim/tasks/collect-bricks/episode-start.ts';
import { expertAction, expertView } from '../../sim/tasks/collect-bricks/expert/expert.ts';
import type { StateLayout } from '../../sim/tasks/collect-bricks/observation.ts';
import { type Handover, HandoverWatch } from './dagger-handover.ts';

/** Who is asked for chunks of actions. */
export interface Student {
  /** What it sees beside the picture. */
  state: StateLayout;
  /** When it is asked, and what of its answers is executed. Of one drive. */
  chunks: ActionChunks;
  /** Chunk x 4 for the frame shown now. */
  ask(run: EpisodeRun): Promise<ArrayLike<number>>;
}

export interface DriveOptions {
  fps: number;
  /**
   * Probability that the expert drives instead, drawn anew whenever the student is asked: with chunks, as single frames
   * of it would undo nothing; in each frame where the student averages.
   */
  beta: number;
  /** The student's time, unless it hands over before. */
  untilS: number;
  rng: Rng;
}

export interface StudentDrive {
  handover: Handover;
  /** Where each chunk began, ascending, and last where the student handed over. Bricks remain in all of them. */
  forks: { timeS: number; start: EpisodeStart }[];
  frames: { student: number; expert: number };
  queries: number;
}

/** Drives from the start. `loadPhysics` must have been awaited. */
export async function driveStudent(
  start: EpisodeStart,
  student: Student,
  { fps, beta, untilS, rng }: DriveOptions,
): Promise<StudentDrive> {
  const run = new EpisodeRun(start, { fps, state: student.state });
  const watch = new HandoverWatch(fps);
  const drive: StudentDrive = {
    handover: 'ended',
    forks: [],
    frames: { student: 0, expert: 0 },
    queries: 0,
  };
  const noteFork = (): void => {
    const { world } = run;
    if (world.legosRemaining > 0) drive.forks.push({ timeS: world.timeS, start: world.startNow() });
  };
  try {
    const { chunks } = student;
    let byStudent = false;
    while (!run.isOver()) {
      if (run.frames >= untilS * fps) {
        drive.handover = 'drawn';
        noteFork();
        break;
      }
      if (chunks.asksAt(run.frames)) {
        noteFork();
        byStudent = rng.unit() >= beta;
        // One that averages is asked in every frame, as in a rollout: what it saw meanwhile counts later.
        if (byStudent || chunks.averages) {
          chunks.add(run.frames, await student.ask(run));
          drive.queries++;
        }
      }
      const expert = expertAction(expertView(run.world));
      const executed = byStudent ? chunks.actionAt(run.frames) : expert.action;
      const trigger = watch.note(run.world, { executed, expert, byStudent });
      if (trigger) {
        drive.handover = trigger;
        noteFork();
        break;
      }
      drive.frames[byStudent ? 'student' : 'expert']++;
      run.act(expert.action, expert.phase, { executed });
    }
    return drive;
  } finally {
    run.dispose();
  }
}
