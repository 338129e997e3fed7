/** Runs `brickyard eval rollout` as a process of its own, and waits for it. */
import { resolve } from 'node:path';
import { InputError, Interrupted } from '../sim/errors.ts';
import { INTERRUPTED_EXIT_CODE } from '../sim/host/interrupt.ts';
import { startOwnCommand } from '../sim/host/own-command.ts';
import { userPath } from '../sim/host/user-path.ts';

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
  const args = [
    ...['eval', 'rollout', '--checkpoint', request.checkpoint, '--suite', suiteArgument(request.suite)],
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
    if (isInterrupted || code === INTERRUPTED_EXIT_CODE || code > 128)
      throw new Interrupted(
        `the rollout of ${request.checkpoint} was stopped; the same command goes on with it`,
      );
    if (code === 2)
      throw new InputError(
        `${request.checkpoint} could not be rolled out on ${request.suite}; the reason is above`,
      );
    if (code !== 0 && code !== 1)
      throw new Error(`the rollout of ${request.checkpoint} ended with exit code ${code}`);
  } finally {
    process.off('SIGINT', pass).off('SIGTERM', pass);
  }
};

/** A suite's file is looked for from where the user stood; a name is no path. */
function suiteArgument(suite: string): string {
  const file = userPath(suite);
  return /\.ya?ml$/.test(suite) || suite.includes('/') ? resolve(file) : suite;
}
