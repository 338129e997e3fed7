/**
 * Runs another command of this program as a process of its own: it gets each signal once, can give way to other work,
 * and dies with us however we go.
 */
import { spawn } from 'node:child_process';
import { constants, getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Ends a process whose parent was killed: the channel between them closes. */
const GUARD = join(import.meta.dirname, '../scripts/launch-guard.mjs');

export interface OwnCommand {
  /** As after `brickyard`. */
  args: readonly string[];
  /** Each line of its stderr; left out, it writes to ours. */
  onText?(line: string): void;
  /** Each line of its stdout; left out, they go nowhere: what it made lies in files. */
  onOutput?(line: string): void;
  /** Added to its environment. */
  env?: Readonly<Record<string, string>>;
  /** At least this niceness, 0 to 19, for it and all that it starts. */
  niceness?: number;
}

export interface RunningCommand {
  /** Undefined where it could not be started. */
  readonly pid: number | undefined;
  /** Exit code, 128 + signal where a signal ended it. */
  readonly finished: Promise<number>;
  /** Asks it to keep its state and end. */
  interrupt(signal: NodeJS.Signals): void;
  /** Ends it at once. */
  kill(): void;
}

/** Starts it at once. */
export function startOwnCommand({ args, onText, onOutput, env, niceness }: OwnCommand): RunningCommand {
  const child = spawn(
    process.execPath,
    [...process.execArgv, '--import', GUARD, process.argv[1], ...args],
    // A group of its own, so that Ctrl-C in the terminal reaches it through us alone, once.
    {
      stdio: ['ignore', onOutput ? 'pipe' : 'ignore', onText ? 'pipe' : 'inherit', 'ipc'],
      detached: true,
      env: { ...process.env, ...env },
    },
  );
  if (niceness !== undefined) giveWay(child.pid, niceness);
  if (onText) createInterface({ input: child.stderr! }).on('line', onText);
  if (onOutput) createInterface({ input: child.stdout! }).on('line', onOutput);
  const finished = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
  return {
    pid: child.pid,
    finished,
    interrupt: (signal) => void child.kill(signal),
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Threads and processes that it starts from now on inherit it; at this moment it has hardly begun. */
function giveWay(pid: number | undefined, niceness: number): void {
  try {
    if (pid !== undefined && getPriority() < niceness) setPriority(pid, niceness);
  } catch {
    // It has ended already, or may not be changed here: it runs as we do.
  }
}
