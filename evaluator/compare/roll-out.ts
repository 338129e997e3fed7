/** Rolls out what is compared, side by side, until the comparison is decided or all of it has run. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { INTERRUPTED_EXIT_CODE } from '../../runtime/interrupt.ts';
import { type RunningCommand, startOwnCommand } from '../../runtime/own-command.ts';
import { assertRolledOut } from '../rollout-process.ts';
import { rolloutWords, type Sides } from './sides.ts';

/** Often enough: a rollout takes seconds. */
const LOOK_EVERY_MS = 500;

export interface RollOutOptions {
  /** Asked now and then; once true, what is in flight ends and nothing further begins. */
  isDecided(): boolean;
  say(text: string): void;
}

/**
 * Returns when all of it has run, or it was decided. Finished rollouts are taken as they are.
 * @throws InputError when a rollout refuses its input, with its words on stderr
 * @throws Interrupted after Ctrl-C
 */
export async function rollOutSides(sides: Sides, options: RollOutOptions): Promise<void> {
  const { plan } = sides;
  if (!plan) return;
  const open = [sides.a, sides.b].filter(({ subject }) => subject !== undefined);
  const workers = Math.max(1, Math.floor(plan.request.workers / open.length));
  const started = open.map((side) => ({
    side,
    child: startOwnCommand({
      args: rolloutWords(side, plan, workers),
      onText: (line) => options.say(`${side === sides.a ? 'A' : 'B'}: ${line}`),
    }),
  }));
  const stop = (signal: NodeJS.Signals): void => {
    for (const { child } of started) child.interrupt(signal);
  };
  let decided = false;
  const timer = setInterval(() => {
    if (decided || !options.isDecided()) return;
    decided = true;
    stop('SIGINT');
  }, LOOK_EVERY_MS);
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    // One that is refused ends the other too.
    const codes = await Promise.all(started.map(({ child }) => codeOf(child, stop)));
    // A refusal is named before the interruption of the other, which follows from it.
    const ended = started.map(({ side }, i) => ({ side, code: codes[i] }));
    for (const { side, code } of ended.toSorted((one, other) => rank(one.code) - rank(other.code)))
      if (!decided || code !== INTERRUPTED_EXIT_CODE)
        assertRolledOut(code, side.shown, `${side.shown} could not be rolled out`);
  } finally {
    clearInterval(timer);
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

async function codeOf(child: RunningCommand, stop: (signal: NodeJS.Signals) => void): Promise<number> {
  const code = await child.finished;
  if (code > 1 && code !== INTERRUPTED_EXIT_CODE) stop('SIGINT');
  return code;
}

const rank = (code: number): number => (code === INTERRUPTED_EXIT_CODE ? 1 : 0);

/** Whether any rollout of a folder has ended. */
export function hasResults(folder: string): boolean {
  const path = join(folder, 'results.jsonl');
  return existsSync(path) && statSync(path).size > 0;
}
