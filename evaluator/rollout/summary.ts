/** What results add up to. Pure. */

import type { RenderingStack } from '../../render/draw-request.ts';
import type { RolloutResult } from '../../rollouts/results.ts';
import { percent } from '../../runtime/figures.ts';
import type { MachineFacts } from '../../runtime/machine.ts';
import { printableLine } from '../../runtime/printable.ts';
import { wilson } from '../statistics/wilson.ts';
import type { TimeSplit } from './time-split.ts';

/** What explains times and pixels; `rendering_stack` where something was drawn. */
export type RolloutMachine = MachineFacts & { rendering_stack?: RenderingStack };

export interface RateSummary {
  episodes: number;
  successes: number;
  wilson: [low: number, high: number];
}

export interface RolloutSummary extends RateSummary {
  /** Crashes and hangs, tried twice. They count as episodes and never as successes. */
  errors: number;
  /** Of all episodes, 0 to 1. */
  success_rate: number;
  failures: Record<string, number>;
  by_scenario: Record<string, RateSummary>;
  /** Means: of successes until the task counted as done, of all for the path. */
  time_s: number | null;
  path_m: number | null;
  suite: string;
  suite_hash: string;
  checkpoint: string;
  /** Whether the policy saw frames as a video shows them, not as drawn. */
  through_codec: boolean;
  wall_s: number;
  /** Of this process, a query; null where no policy was asked. */
  per_query: TimeSplit | null;
  /** What it ended on. */
  machine: RolloutMachine;
  results: string;
}

/** Success rates with Wilson intervals, overall and by scenario; failures by label, the most frequent first. */
export function summarize(results: readonly RolloutResult[]) {
  const scenarios = [...new Set(results.map((result) => result.scenario))].sort();
  const labels = new Map<string, number>();
  for (const { failure } of results)
    if (failure) labels.set(failure.label, (labels.get(failure.label) ?? 0) + 1);
  const judged = results.filter(({ status }) => status !== 'error');
  const all = rate(results);
  return {
    ...all,
    errors: results.length - judged.length,
    success_rate: results.length === 0 ? 0 : all.successes / results.length,
    failures: Object.fromEntries([...labels].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))),
    by_scenario: Object.fromEntries(
      scenarios.map((name) => [name, rate(results.filter(({ scenario }) => scenario === name))]),
    ),
    time_s: mean(judged.filter(({ status }) => status === 'success').map((result) => result.time_s)),
    path_m: mean(judged.map((result) => result.path_m)),
  };
}

function rate(results: readonly RolloutResult[]): RateSummary {
  const successes = results.filter(({ status }) => status === 'success').length;
  return { episodes: results.length, successes, wilson: wilson(successes, results.length) };
}

function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return Math.round((1000 * values.reduce((a, b) => a + b, 0)) / values.length) / 1000;
}

/** The lines that a person reads. */
export function summaryText(summary: RolloutSummary): string {
  const line = ({ episodes, successes, wilson: [low, high] }: RateSummary): string =>
    `${successes} of ${episodes} (${percent(successes / Math.max(1, episodes))}, 95 % interval ${percent(low)} to ${percent(high)})`;
  const scenarios = Object.entries(summary.by_scenario).map(
    ([name, each]) => [printableLine(name), each] as const,
  );
  const width = Math.max(...scenarios.map(([name]) => name.length), 0);
  const split = summary.per_query;
  return [
    `${printableLine(summary.checkpoint)} on ${printableLine(summary.suite)}${summary.through_codec ? ', frames through the codec' : ''}: ${line(summary)} in ${summary.wall_s.toFixed(1)} s`,
    ...scenarios.map(([name, each]) => `  ${name.padEnd(width)}  ${line(each)}`),
    ...Object.entries(summary.failures).map(([label, count]) => `  ${printableLine(label)}: ${count}`),
    ...(summary.errors > 0
      ? [`  errors (crashed or hung twice, counted as no success): ${summary.errors}`]
      : []),
    ...(split ? timeLines(split) : []),
    `  results: ${printableLine(summary.results)}`,
  ].join('\n');
}

function timeLines({ queries, cpu, ...wall }: TimeSplit): string[] {
  const parts = (inference: number, physics: number, rest: number): string =>
    `inference ${inference.toFixed(1)} ms, physics ${physics.toFixed(1)} ms, all else ${rest.toFixed(1)} ms`;
  return [
    `  a query, of ${queries}: ${parts(wall.inference_ms, wall.physics_ms, wall.rest_ms)}`,
    `    of CPU time: ${parts(cpu.inference_ms, cpu.physics_ms, cpu.browser_ms + cpu.rest_ms)}, browser ${cpu.browser_ms.toFixed(1)} ms of it`,
    `    beside it ${wall.startup_s.toFixed(1)} s until a worker could begin (${cpu.startup_s.toFixed(1)} s of CPU time)`,
  ];
}
