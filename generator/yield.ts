/** How many attempts were kept, by scenario and by reason, and when that is too few to go on. Pure. */

import type { Job } from '../scenarios/plan.ts';
import type { FailedAttempt } from './episode.ts';

/** A scenario that keeps fewer than this share … */
export const MIN_YIELD = 0.2;
/** … once this many attempts were made stops the run. */
export const ATTEMPTS_BEFORE_JUDGING = 50;

export interface Rejects {
  total: number;
  by_reason: Record<string, number>;
  by_scenario: Record<string, number>;
}

/** Failed attempts, counted; keys in alphabetical order. */
export function countRejects(failures: readonly FailedAttempt[]): Rejects {
  const rejects: Rejects = { total: failures.length, by_reason: {}, by_scenario: {} };
  for (const { reason, scenario } of failures) {
    rejects.by_reason[reason] = (rejects.by_reason[reason] ?? 0) + 1;
    rejects.by_scenario[scenario] = (rejects.by_scenario[scenario] ?? 0) + 1;
  }
  return {
    total: rejects.total,
    by_reason: sorted(rejects.by_reason),
    by_scenario: sorted(rejects.by_scenario),
  };
}

function sorted(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One sentence when the scenario's yield is too low to go on, with its commonest failure; else undefined. */
export function judgeYield(
  scenario: string,
  kept: number,
  failures: readonly FailedAttempt[],
): string | undefined {
  const own = failures.filter((failure) => failure.scenario === scenario);
  const attempts = kept + own.length;
  if (attempts < ATTEMPTS_BEFORE_JUDGING || kept / attempts >= MIN_YIELD) return undefined;
  const reasons = Object.entries(countRejects(own).by_reason).sort(([, a], [, b]) => b - a);
  const example = own.at(-1);
  return (
    `scenario ${scenario}: only ${kept} of ${attempts} attempts succeeded, under ${100 * MIN_YIELD} %; ` +
    `most often ${reasons[0][0]} (${reasons[0][1]} times), last: ${example?.detail}. ` +
    `Make it easier, or leave it out of --scenarios`
  );
}

/** One sentence when a single slot has failed that often, however well the scenario does otherwise; else undefined. */
export function judgeSlot(job: Job, failures: readonly FailedAttempt[]): string | undefined {
  const own = failures.filter((failure) => failure.scenario === job.scenario && failure.slot === job.slot);
  if (own.length < ATTEMPTS_BEFORE_JUDGING) return undefined;
  return (
    `scenario ${job.scenario}: all ${own.length} attempts at slot ${job.slot} failed, last: ${own.at(-1)?.reason} ` +
    `(${own.at(-1)?.detail}). What this slot asks for cannot be done; change it, or leave the scenario out of --scenarios`
  );
}
