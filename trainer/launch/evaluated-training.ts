/** One training with rollouts of its checkpoints beside it, until both have ended. */
import { basename, dirname, join } from 'node:path';
import { bestBySuccess, readSuccess, type SuccessByCheckpoint } from '../../policy/checkpoint-success.ts';
import { INTERRUPTED_EXIT_CODE, listenForInterrupts } from '../../runtime/interrupt.ts';
import { NegativeResult } from '../../sim/errors.ts';
import { CheckpointRollouts, type StartRollout } from './checkpoint-rollouts.ts';
import type { EvaluationPlan } from './evaluation-plan.ts';
import { runTraining, type TrainOptions, type TrainResult } from './train.ts';

export interface EvaluatedResult extends TrainResult {
  /** What is known of the run's checkpoints, whoever rolled them out. */
  success: SuccessByCheckpoint;
  /** Absolute path of a checkpoint. */
  bestSuccess: string | null;
  /** What could not be rolled out, a line each. */
  faults: readonly string[];
}

/** Checkpoints that are rolled out, and what does it. */
export interface Evaluation {
  plan: EvaluationPlan;
  startRollout: StartRollout;
}

/** @param evaluation nothing where no rollouts are wanted */
export async function runEvaluatedTraining(
  options: TrainOptions,
  evaluation: Evaluation | undefined,
): Promise<EvaluatedResult> {
  const say = (line: string): void => options.progress.note(line);
  let rollouts: CheckpointRollouts | undefined;
  const begin = (run: string): void => {
    if (evaluation) rollouts ??= new CheckpointRollouts({ run, ...evaluation, say });
  };
  /** A full disk must not end the training by way of its rollouts. */
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      say(`rollouts of the checkpoints: ${(error as Error).message}`);
    }
  };
  try {
    const { code, end, failure } = await runTraining({
      ...options,
      onStart: (run) => attempt(() => begin(run)),
      onExported: ({ folder }) => attempt(() => rollouts?.exported(nameOf(folder))),
      onPolicy: ({ folder }) => attempt(() => rollouts?.verified(nameOf(folder))),
      onInterrupt: () => rollouts?.stop(),
      onKill: () => rollouts?.kill(),
    });
    if (code !== 0 || !end) return { code, end, failure, success: {}, bestSuccess: null, faults: [] };
    begin(end.run);
    const last = end.checkpoint === null ? undefined : basename(end.checkpoint);
    const stopped = rollouts !== undefined && (await finishRollouts(rollouts, last, options, end.run));
    const success = readSuccess(end.run);
    const best = bestBySuccess(end.run, success);
    return {
      code: stopped ? INTERRUPTED_EXIT_CODE : code,
      end,
      failure: stopped
        ? { kind: 'interrupted', message: 'the rollouts of its checkpoints were stopped' }
        : failure,
      success,
      bestSuccess: best === undefined ? null : join(end.run, 'checkpoints', best),
      faults: rollouts?.faults ?? [],
    };
  } finally {
    rollouts?.stop();
    await rollouts?.idle();
  }
}

/** Rolls out what still waits, and names the best in the hand-over. @returns whether it was stopped before */
async function finishRollouts(
  rollouts: CheckpointRollouts,
  last: string | undefined,
  { progress, provider }: TrainOptions,
  run: string,
): Promise<boolean> {
  const interrupt = listenForInterrupts({
    onFirst: () => {
      progress.note('stopping: rollouts in flight are being finished; once more stops them at once');
      rollouts.stop();
    },
    onSecond: () => rollouts.kill(),
  });
  try {
    rollouts.trainingEnded(last);
    const count = rollouts.waiting().length;
    if (count > 0)
      progress.note(
        `the training is done; ${count === 1 ? 'one checkpoint is' : `${count} checkpoints are`} still to be rolled out, which Ctrl-C leaves to \`brickyard train --resume ${run}\``,
      );
    await rollouts.idle();
    await provider.start({
      program: 'handover.py',
      args: [run],
      env: {},
      onEvent: () => {},
      onOutput: () => {},
      onText: (line) => progress.note(line),
    }).finished;
    return interrupt.stop.aborted && rollouts.waiting().length > 0;
  } finally {
    interrupt.release();
  }
}

/** @throws NegativeResult with what could not be rolled out */
export function assertRolledOut({ faults }: EvaluatedResult): void {
  if (faults.length > 0) throw new NegativeResult(`the training is done and kept, but ${faults.join('\n')}`);
}

/** Of a checkpoint, from its policy folder. */
function nameOf(policy: string): string {
  return basename(dirname(policy));
}
