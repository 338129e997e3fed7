/**
 * Runs one of this program's functions as a process of its own, with a typed request and a typed result: for work that
 * has its own niceness, its own browsers and its own account of the cores. The module that it starts calls `serveProcess`.
 */
import { join } from 'node:path';
import type { z } from 'zod';
import { startChild } from './child-process.ts';
import type { Failure } from './failure.ts';
import { INTERRUPTED_EXIT_CODE } from './interrupt.ts';
import { ownEvent } from './process-events.ts';

/** Ends a process whose parent was killed: the channel between them closes. */
const GUARD = join(import.meta.dirname, '../scripts/launch-guard.mjs');

export interface OwnProcess<R> {
  /** The file that serves it. */
  module: string;
  /** Plain data, for the module's schema. */
  request: object;
  result: z.ZodType<R>;
  /** Hears each line for people. */
  onText(line: string): void;
  /** Added to its environment. */
  env?: Readonly<Record<string, string>>;
  /** At least this niceness, 0 to 19, for it and all that it starts. */
  niceness?: number;
}

export type ProcessEnd<R> = { kind: 'done'; result: R } | { kind: 'failed'; failure: Failure };

export interface RunningProcess<R> {
  /** Undefined where it could not be started. */
  readonly pid: number | undefined;
  readonly ended: Promise<ProcessEnd<R>>;
  /** Asks it to keep its state and end. */
  interrupt(signal: NodeJS.Signals): void;
  /** Ends it at once. */
  kill(): void;
}

/** Starts it at once. */
export function startOwnProcess<R>({
  module,
  request,
  result,
  onText,
  env,
  niceness,
}: OwnProcess<R>): RunningProcess<R> {
  let answer: unknown;
  let failure: Failure | undefined;
  let lastLine = '';
  const onLine = (line: string): void => {
    if (line.trim() !== '') lastLine = line;
    onText(line);
  };
  const child = startChild({
    program: process.execPath,
    args: [...process.execArgv, '--import', GUARD, module],
    lifeline: 'channel',
    input: JSON.stringify(request),
    env,
    niceness,
    events: ownEvent,
    onEvent: (event) => {
      if (event.event === 'text') for (const line of event.text.split('\n')) onLine(line);
      else if (event.event === 'result') answer = event.result;
      else failure ??= { kind: event.kind, message: event.message };
    },
    onOutput: onLine,
    onText: onLine,
  });
  const end = async (): Promise<ProcessEnd<R>> => {
    const code = await child.finished;
    if (failure === undefined && code === 0 && answer !== undefined)
      return { kind: 'done', result: result.parse(answer) };
    return { kind: 'failed', failure: failure ?? unreported(code, lastLine) };
  };
  return { pid: child.pid, ended: end(), interrupt: child.interrupt, kill: child.kill };
}

/** Of a process that ended without a word about it: one that was killed is asked to go on, anything else is a bug. */
export function unreported(code: number, lastLine: string): Failure {
  if (code === INTERRUPTED_EXIT_CODE || code > 128)
    return { kind: 'interrupted', message: `it was stopped (exit code ${code})` };
  return { kind: 'bug', message: lastLine || `it ended with exit code ${code}` };
}
