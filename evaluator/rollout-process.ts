/** Runs `brickyard eval rollout` as a process of its own, and waits for it. */

import { INTERRUPTED_EXIT_CODE } from '../runtime/interrupt.ts';
import { startOwnCommand } from '../runtime/own-command.ts';
import { userFolder } from '../runtime/user-path.ts';
import { wholeSuiteName } from '../scenarios/suites/suite.ts';
import { InputError, Interrupted } from '../sim/errors.ts';

export interface RolloutRequest {
  /** As the command takes it: a policy folder, RUN@step, expert, ... */
  checkpoint: string;
  /** Name or file. */
  suite: string;
  /** Of the suite's instance; its own when left out. */
  seed?: number;
  /** Absolute folder; a finished rollout in it is taken as it is, an unfinished one goes on. */
  out: string;
  workers?: string;
  quiet?: boolean;
}

/** Returns when the rollout in `out` is complete. */
export type RunRollout = (request: RolloutRequest) => Promise<void>;

/**
 * @throws InputError when the rollout refuses its input, with its words on stderr
 * @throws Interrupted after Ctrl-C
 */
export const runRolloutProcess: RunRollout = async (request) => {
  const suite = wholeSuiteName(request.suite, userFolder());
  const args = [
    ...['eval', 'rollout', '--checkpoint', request.checkpoint, '--suite', suite],
    ...['--out', request.out, '--resume', '--no-report', '--json'],
    ...(request.seed === undefined ? [] : ['--seed', `${request.seed}`]),
    ...(request.workers === undefined ? [] : ['--workers', request.workers]),
    ...(request.quiet ? ['--quiet'] : []),
  ];
  const child = startOwnCommand({ args });
  let isInterrupted = false;
  const pass = (signal: NodeJS.Signals) => {
    isInterrupted = true;
    child.interrupt(signal);
  };
  process.on('SIGINT', pass).on('SIGTERM', pass);
  try {
    const code = await child.finished;
    // Where only its last rollouts were in flight it is complete all the same; what would come next is not begun.
    const ended = isInterrupted ? INTERRUPTED_EXIT_CODE : code;
    assertRolledOut(
      ended,
      request.checkpoint,
      `${request.checkpoint} could not be rolled out on ${request.suite}`,
    );
  } finally {
    process.off('SIGINT', pass).off('SIGTERM', pass);
  }
};

/**
 * What the exit code of a rollout's process says; 1 is a rollout with errors, which are counted.
 * @param refusal what could not be done, where its input was refused
 */
export function assertRolledOut(code: number, checkpoint: string, refusal: string): void {
  if (code === 0 || code === 1) return;
  if (code === 2) throw new InputError(`${refusal}; the reason is above`);
  if (code === INTERRUPTED_EXIT_CODE || code > 128)
    throw new Interrupted(`the rollout of ${checkpoint} was stopped; the same command goes on with it`);
  throw new Error(`the rollout of ${checkpoint} ended with exit code ${code}`);
}
