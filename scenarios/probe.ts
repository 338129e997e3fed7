/**
 * How often the expert solves a scenario, and whether what it fails at can be solved at all. A failed start gets
 * further opinions: the same expert after some seconds of random driving, from a few seeds. If one of them
 * succeeds, the start can be solved and the expert is at fault; if none does, that is the evidence that no robot can, or
 * that it is very hard. Pure.
 */

import type { EpisodeStart } from '../sim/engine/episode-start.ts';
import { syncPolicy } from '../sim/engine/policies.ts';
import type { SyncPolicy } from '../sim/engine/policy.ts';
import { Rng } from '../sim/engine/rng.ts';
import { simulateEpisode } from '../sim/engine/simulate.ts';
import { taskOf } from '../sim/engine/task-registry.ts';
import type { Outcome } from '../sim/engine/trajectory.ts';
import { sampleStart } from './sampler.ts';
import type { Scenario } from './schema.ts';

export const PROBE_DEFAULTS = { attempts: 60, seed: 0, opinions: 8 } as const;

/** Random driving before the expert takes over: total time, and how long one action is held. */
const PRELUDE_S = { min: 2, max: 10, hold: 0.8 } as const;

export interface ProbedStart {
  slot: number;
  things: number;
  outcome: Outcome;
  frames: number;
  /** Where and when, for a failure. */
  detail: string;
  /** How many of the further opinions solved it; undefined when the expert itself did. */
  solvedByOthers?: number;
}

/** The starts of namespace `preview`: neither a dataset's nor an evaluation's. `loadTask` must have been awaited. */
export function probeStart(scenario: Scenario, seed: number, slot: number, opinions: number): ProbedStart {
  const start = sampleStart(scenario, { namespace: 'preview', seed, slot, attempt: 0 });
  const { outcome, frames, detail } = simulateEpisode(start);
  const probed = { slot, things: taskOf(start).count(start), outcome, frames, detail };
  return outcome === 'success' ? probed : { ...probed, solvedByOthers: furtherOpinions(start, opinions) };
}

function furtherOpinions(start: EpisodeStart, opinions: number): number {
  let solved = 0;
  for (let i = 0; i < opinions; i++)
    if (simulateEpisode(start, { policy: detourPolicy(i) }).outcome === 'success') solved++;
  return solved;
}

/** Drives about at random, then lets the expert finish. */
export const detourPolicy = (opinion: number): SyncPolicy =>
  syncPolicy(({ start, spec }) => {
    const task = taskOf(start);
    const rng = Rng.from('probe', start.scenario, start.seed, opinion);
    const untilS = rng.range(PRELUDE_S.min, PRELUDE_S.max);
    let action: number[] = [];
    let heldUntilS = 0;
    return ({ world }) => {
      const { timeS } = world;
      if (timeS >= untilS) return { action: task.expert(world) };
      if (timeS >= heldUntilS) {
        action = spec.actionNames.map(() => rng.range(-1, 1));
        heldUntilS = timeS + PRELUDE_S.hold;
      }
      return { action };
    };
  });

export interface ProbeSummary {
  scenario: string;
  attempts: number;
  successes: number;
  /** Episode length of the successes at 10 Hz. */
  frames: { median: number; p95: number };
  byReason: Record<string, number>;
  failures: ProbedStart[];
}

export function summarizeProbe(scenario: string, starts: readonly ProbedStart[]): ProbeSummary {
  const failures = starts.filter((start) => start.outcome !== 'success');
  const lengths = starts
    .filter((start) => start.outcome === 'success')
    .map((start) => start.frames)
    .sort((a, b) => a - b);
  const at = (share: number): number =>
    lengths[Math.min(lengths.length - 1, Math.floor(share * lengths.length))] ?? 0;
  const byReason: Record<string, number> = {};
  for (const { outcome } of failures) byReason[outcome] = (byReason[outcome] ?? 0) + 1;
  const frames = { median: at(0.5), p95: at(0.95) };
  return { scenario, attempts: starts.length, successes: lengths.length, frames, byReason, failures };
}

/** A line of the table, and one for each failure. */
export function probeLines(summary: ProbeSummary, opinions: number): string[] {
  const { scenario, attempts, successes, frames, byReason, failures } = summary;
  const rate = ((100 * successes) / attempts).toFixed(1);
  const why = Object.entries(byReason).map(([reason, count]) => `${count} ${reason}`);
  const cells = [
    scenario.padEnd(22),
    String(attempts).padStart(8),
    String(successes).padStart(9),
    rate.padStart(7),
    `${frames.median} / ${frames.p95}`.padStart(13),
  ];
  return [
    `${cells.join(' ')}  ${why.join(', ')}`.trimEnd(),
    ...failures.map((failure) => failureLine(failure, opinions)),
  ];
}

export const PROBE_HEADER = `${'scenario'.padEnd(22)} attempts  succeeded  rate %  median / p95  failures`;

function failureLine({ slot, detail, solvedByOthers }: ProbedStart, opinions: number): string {
  const verdict =
    opinions === 0
      ? ''
      : solvedByOthers === 0
        ? `; none of ${opinions} other ways of driving solved it`
        : `; ${solvedByOthers} of ${opinions} other ways of driving solved it: the expert's fault`;
  return `  slot ${slot}: ${detail}${verdict}`;
}
