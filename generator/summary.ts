/** What a run ends with: the JSON line that scripts read, and the lines that people read. Pure. */

import type { RunProvenance } from '../dataset/metadata.ts';
import { formatBytes, formatCount, formatDuration, percent } from '../runtime/figures.ts';
import type { JournalState } from './journal.ts';
import { countKinds, type KindCounts } from './kind-counts.ts';
import { countDagger, type DaggerCounts, daggerLines } from './modes/dagger-counts.ts';
import { type RecoveryCounts, recoveryLines } from './modes/recovery-counts.ts';
import type { Rejects } from './yield.ts';

/** Names that scripts rely on. */
export interface GenSummary extends KindCounts {
  /** Episodes and frames that the dataset gained. */
  episodes: number;
  frames: number;
  /** Where a student drove. */
  dagger?: DaggerCounts;
  /** Where episodes were disturbed; what the expert did not recover from is its bug. */
  recovery?: RecoveryCounts;
  attempts: number;
  rejects: Rejects;
  /** Seconds since the process began. */
  wall_s: number;
  frames_per_s: number;
  /** Seconds spent by all workers together, by stage. */
  stages: Record<string, number>;
  backend: string;
  dataset: string;
  fingerprint: string;
  bytes: number;
}

export interface SummaryParts {
  run: RunProvenance;
  state: JournalState;
  /** Frames made by this process: a resumed run's rate is that of what it did itself. */
  framesNow: number;
  wallS: number;
  dataset: string;
  fingerprint: string;
  bytes: number;
}

export function genSummary(parts: SummaryParts): GenSummary {
  const { run, state, framesNow, wallS, dataset, fingerprint, bytes } = parts;
  const round = (value: number, digits: number): number => Number(value.toFixed(digits));
  return {
    episodes: state.kept.size,
    frames: [...state.kept.values()].reduce((sum, episode) => sum + episode.frames, 0),
    ...countKinds(state.kept.values()),
    dagger: countDagger(state.kept.values(), run.rejected_starts, run.command),
    recovery: run.recovery as RecoveryCounts | undefined,
    attempts: run.attempts,
    rejects: run.rejects,
    wall_s: round(wallS, 2),
    frames_per_s: round(framesNow / wallS, 1),
    stages: Object.fromEntries(
      Object.entries(state.seconds).map(([stage, s]) => [`${stage}_s`, round(s, 2)]),
    ),
    backend: run.rendering_stack.backend,
    dataset,
    fingerprint,
    bytes,
  };
}

export function summaryText(summary: GenSummary): string {
  const { episodes, frames, attempts, rejects, wall_s, frames_per_s, backend, dataset, bytes } = summary;
  const lines = [
    `${formatCount(episodes)} episodes, ${formatCount(frames)} frames, ${formatBytes(bytes)} in ${formatDuration(wall_s)} ` +
      `(${Math.round(frames_per_s)} frames/s, ${backend}): ${dataset}`,
    `${formatCount(attempts)} attempts, ${formatCount(rejects.total)} rejected${rejectText(rejects)}`,
  ];
  if (Object.keys(summary.by_kind).some((kind) => kind !== 'expert')) lines.push(...kindLines(summary));
  if (summary.recovery) lines.push(...recoveryLines(summary.recovery));
  if (summary.dagger) lines.push(...daggerLines(summary.dagger));
  return lines.join('\n');
}

function kindLines({ by_kind, frames_by_source, frames: all }: GenSummary): string[] {
  const kinds = Object.entries(by_kind).map(
    ([kind, { episodes, frames }]) =>
      `${kind} ${formatCount(episodes)} (${formatCount(frames)} frames, ${percent(frames / all)})`,
  );
  const sources = Object.entries(frames_by_source).map(
    ([source, frames]) => `${source} ${formatCount(frames)} (${percent(frames / all)})`,
  );
  return [`episodes by kind: ${kinds.join(', ')}`, `frames by source: ${sources.join(', ')}`];
}

function rejectText(rejects: Rejects): string {
  if (rejects.total === 0) return '';
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  return `: ${list(rejects.by_reason)}; by scenario: ${list(rejects.by_scenario)}`;
}
