/** Runs one training to its end: starts it, follows its events, tries each exported policy in this runtime. */
import { rm } from 'node:fs/promises';
import type { Failure } from '../../runtime/failure.ts';
import { INTERRUPTED_EXIT_CODE, listenForInterrupts } from '../../runtime/interrupt.ts';
import { unreported } from '../../runtime/own-process.ts';
import { makePrivateFolder } from '../../runtime/private-folder.ts';
import { NegativeResult } from '../../sim/errors.ts';
import type { EndEvent, TrainerEvent } from './events.ts';
import { GOLDEN_PAIRS_ONLY, verifyPolicy } from './node-parity.ts';
import type { TrainingProvider } from './provider.ts';
import type { TrainProgress } from './train-progress.ts';

export interface TrainOptions {
  provider: TrainingProvider;
  /** Of train.py. */
  args: readonly string[];
  /** As typed; kept in run.json and in every policy. */
  command: string;
  progress: TrainProgress;
  onStart?(run: string): void;
  /** Hears of every policy as it appears, before it is tried here. */
  onExported?(policy: ExportedPolicy): void;
  /** Hears of every policy that passed. */
  onPolicy?(policy: ExportedPolicy): void;
  /** Ctrl-C, once. */
  onInterrupt?(): void;
  /** Ctrl-C twice: must end at once, synchronously. */
  onKill?(): void;
}

export interface ExportedPolicy {
  step: number;
  folder: string;
}

export interface TrainResult {
  /** Of train.py. */
  code: number;
  end?: EndEvent;
  /** Why, where the code is not 0. */
  failure?: Failure;
}

/** Last lines of stderr that are shown when --quiet kept them back and it failed. */
const KEPT_LINES = 20;

/** Lines of train.py that are not shown: what its step event says, and what lerobot prints of each export. */
const NOT_SHOWN = /^step [\d,]+ of [\d,]+ |^Loading weights from local directory$/;

/**
 * @throws NegativeResult when a policy does not give here what it gave in its training; the training itself is done
 *   and kept by then
 */
export async function runTraining(options: TrainOptions): Promise<TrainResult> {
  const { provider, args, command, progress } = options;
  const dumps = makePrivateFolder('parity');
  const lastLines: string[] = [];
  const faults: string[] = [];
  let end: EndEvent | undefined;
  let failure: Failure | undefined;
  let checks = Promise.resolve();
  const check = async (event: Extract<TrainerEvent, { event: 'exported' }>): Promise<void> => {
    try {
      const figures = await verifyPolicy(event.path, dumps);
      if (!figures) progress.note(`the policy of step ${event.step}: ${GOLDEN_PAIRS_ONLY}`);
      options.onPolicy?.({ step: event.step, folder: event.path });
    } catch (error) {
      faults.push(`the policy of step ${event.step}: ${(error as Error).message}`);
      progress.note(faults.at(-1)!);
    }
  };
  const job = provider.start({
    program: 'train.py',
    args,
    env: { BRICKYARD_COMMAND: command, BRICKYARD_PARITY_DUMP: dumps },
    onEvent: (event) => {
      if (event.event === 'start') options.onStart?.(event.run);
      else if (event.event === 'step') progress.step(event);
      else if (event.event === 'failure') failure ??= { kind: event.kind, message: event.message };
      else if (event.event === 'exported') {
        options.onExported?.({ step: event.step, folder: event.path });
        checks = checks.then(() => check(event));
      } else if (event.event === 'end') end = event;
    },
    onOutput: (line) => progress.note(line),
    onText: (line) => {
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
      if (!NOT_SHOWN.test(line)) progress.note(line);
    },
  });
  const interrupt = listenForInterrupts({
    onFirst: () => {
      progress.note('stopping: the training writes a checkpoint and ends; once more stops it at once');
      // Not SIGINT: while Python still imports its packages, that prints a stack trace.
      job.interrupt('SIGTERM');
      options.onInterrupt?.();
    },
    onSecond: () => {
      job.kill();
      options.onKill?.();
    },
  });
  try {
    const code = await job.finished;
    await checks;
    progress.end();
    if (code !== 0) progress.whenQuiet(lastLines);
    if (faults.length > 0 && code === 0) throw new NegativeResult(faults.join('\n'));
    if (interrupt.stop.aborted) return stopped(end);
    if (code !== 0) failure ??= unreported(code, lastLines.findLast((line) => line.trim() !== '') ?? '');
    return { code, end, failure };
  } finally {
    interrupt.release();
    job.kill();
    await rm(dumps, { recursive: true, force: true });
  }
}

/** Whatever it was doing when the user asked it to end. */
const stopped = (end: EndEvent | undefined): TrainResult => ({
  ...{ code: INTERRUPTED_EXIT_CODE, end },
  failure: { kind: 'interrupted', message: 'the training was stopped' },
});
