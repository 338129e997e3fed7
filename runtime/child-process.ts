/**
 * Starts the processes whose events we read: stages of a loop, rollouts, the trainer's Python. Each gets every signal
 * once, from us; can give way to other work; and does not outlive us, however we go.
 */
import { spawn } from 'node:child_process';
import { constants, getPriority, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import type { z } from 'zod';
import { readEvent } from './process-events.ts';

/** The file descriptor of the lifeline in the child. */
export const LIFELINE_FD = 3;

export interface ChildOptions<E> {
  program: string;
  args: readonly string[];
  /** Added to our environment. */
  env?: Readonly<Record<string, string>>;
  /**
   * What closes when we are gone: a channel that scripts/launch-guard.mjs watches in a process of Node, or a pipe that
   * trainer/brickyard_trainer/parent.py watches.
   */
  lifeline: 'channel' | 'pipe';
  /** Its whole stdin. */
  input?: string;
  /** At least this niceness, 0 to 19, for it and all that it starts. */
  niceness?: number;
  /** Of the events on its stdout. */
  events: z.ZodType<E>;
  onEvent(event: E): void;
  /** What stands between the events on its stdout. */
  onOutput(line: string): void;
  /** Each line of its stderr. */
  onText(line: string): void;
}

export interface RunningChild {
  /** Undefined where it could not be started. */
  readonly pid: number | undefined;
  /** Exit code, 128 + signal where a signal ended it. Rejects where it could not be started. */
  readonly finished: Promise<number>;
  /** Asks it to keep its state and end. */
  interrupt(signal: NodeJS.Signals): void;
  /** Ends it and all that it started in its group, at once. */
  kill(): void;
}

/** Starts it at once. */
export function startChild<E>(options: ChildOptions<E>): RunningChild {
  const { program, args, env, lifeline, input, niceness, events, onEvent, onOutput, onText } = options;
  const child = spawn(program, [...args], {
    // A group of its own, so that Ctrl-C in the terminal reaches it through us alone, once.
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', lifeline === 'channel' ? 'ipc' : 'pipe'],
    env: { ...process.env, ...env },
  });
  if (niceness !== undefined) giveWay(child.pid, niceness);
  for (const stream of [child.stdin, lifeline === 'pipe' ? child.stdio[LIFELINE_FD] : null])
    stream?.on('error', () => {}); // it ended first, which `close` tells
  child.stdin?.end(input);
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const { event, text } = readEvent(line, events);
    if (text !== undefined) onOutput(text);
    if (event !== undefined) onEvent(event);
  });
  createInterface({ input: child.stderr! }).on('line', onText);
  const finished = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    // `close`, not `exit`: the last lines have been read by then.
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
  return {
    pid: child.pid,
    finished,
    interrupt: (signal) => void child.kill(signal),
    kill: () => killGroup(child.pid),
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

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
