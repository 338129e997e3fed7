/** Rolls out what is compared, side by side, until the comparison is decided or all of it has run. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessEnd, RunningProcess } from '../../runtime/own-process.ts';
import { assertRolledOut, type RolloutFigures, startRollout } from '../rollout-process.ts';
import { rolloutOf, type Sides } from './sides.ts';

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
  const started = open.map((side) => {
    const say = (text: string): void => options.say(`${side === sides.a ? 'A' : 'B'}: ${text}`);
    return { side, say, child: startRollout({ options: rolloutOf(side, plan, workers), onText: say }) };
  });
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
    const ends = await Promise.all(started.map(({ child, say }) => endOf(child, say, stop)));
    // A refusal is named before the interruption of the other, which follows from it.
    const ended = started.map(({ side }, i) => ({ side, end: ends[i] }));
    for (const { side, end } of ended.toSorted((one, other) => rank(one.end) - rank(other.end)))
      if (!decided || !isInterrupted(end))
        assertRolledOut(end, side.shown, `${side.shown} could not be rolled out`);
  } finally {
    clearInterval(timer);
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

type End = ProcessEnd<RolloutFigures[]>;

async function endOf(
  child: RunningProcess<RolloutFigures[]>,
  say: (text: string) => void,
  stop: (signal: NodeJS.Signals) => void,
): Promise<End> {
  const end = await child.ended;
  if (end.kind === 'failed' && !isInterrupted(end)) {
    say(`brickyard: ${end.failure.message}`);
    stop('SIGINT');
  }
  return end;
}

const isInterrupted = (end: End): boolean => end.kind === 'failed' && end.failure.kind === 'interrupted';
const rank = (end: End): number => (isInterrupted(end) ? 1 : 0);

/** Whether any rollout of a folder has ended. */
export function hasResults(folder: string): boolean {
  const path = join(folder, 'results.jsonl');
  return existsSync(path) && statSync(path).size > 0;
}
