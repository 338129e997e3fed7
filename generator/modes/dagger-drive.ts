/**
 * A student drives, mixed with the expert, until it hands over: the way to the states that its own errors lead to
 * (DAgger, Ross et al. 2011). Nothing of the drive is stored but the state at which the expert takes over.
 */
import type { ActionChunks } from '../../policy/action-chunks.ts';
import { Environment } from '../../sim/engine/environment.ts';
import type { EpisodeStart } from '../../sim/engine/episode-start.ts';
import type { Handover } from '../../sim/engine/handover.ts';
import type { Rng } from '../../sim/engine/rng.ts';
import { taskOf } from '../../sim/engine/task-registry.ts';
import type { StateLayout } from '../../sim/tasks/collect-bricks/observation.ts';

/** Who is asked for chunks of actions. */
export interface Student {
  /** What it sees beside the picture. */
  state: StateLayout;
  /** When it is asked, and what of its answers is executed. Of one drive. */
  chunks: ActionChunks;
  /** Chunk x controls for the frame shown now. */
  ask(run: Environment): Promise<ArrayLike<number>>;
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
  /** Where each chunk began, ascending, and last where the student handed over. Something remains to be done in all of them. */
  forks: { timeS: number; start: EpisodeStart }[];
  frames: { student: number; expert: number };
  queries: number;
}

/** Drives from the start. `loadTask` must have been awaited. */
export async function driveStudent(
  start: EpisodeStart,
  student: Student,
  { fps, beta, untilS, rng }: DriveOptions,
): Promise<StudentDrive> {
  const run = new Environment(start, { fps, state: student.state });
  const task = taskOf(start);
  const watch = task.handoverWatch(fps);
  const drive: StudentDrive = {
    handover: 'ended',
    forks: [],
    frames: { student: 0, expert: 0 },
    queries: 0,
  };
  const noteFork = (): void => {
    const { world } = run;
    const { done, total } = world.progress;
    if (done < total) drive.forks.push({ timeS: world.timeS, start: world.startNow() });
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
      const expert = task.expert(run.world);
      const executed = byStudent ? chunks.actionAt(run.frames) : expert;
      const trigger = watch.note(run.world, { executed, expert, byStudent });
      if (trigger) {
        drive.handover = trigger;
        noteFork();
        break;
      }
      drive.frames[byStudent ? 'student' : 'expert']++;
      run.act(expert, { executed });
    }
    return drive;
  } finally {
    run.dispose();
  }
}
