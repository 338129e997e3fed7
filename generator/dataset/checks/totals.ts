/** Counts: what info.json says against what the files hold. */
import type { DatasetInfo } from '../dataset-info.ts';
import type { EpisodeRow } from '../episode-row.ts';
import type { Findings } from '../findings.ts';

export function checkTotals(
  info: DatasetInfo,
  rows: readonly EpisodeRow[],
  tasks: readonly string[],
  findings: Findings,
): void {
  const frames = rows.reduce((sum, row) => sum + row.length, 0);
  const counts: [string, number, number][] = [
    ['total_episodes', info.total_episodes, rows.length],
    ['total_frames', info.total_frames, frames],
    ['total_tasks', info.total_tasks, tasks.length],
  ];
  for (const [name, said, found] of counts) {
    if (said !== found)
      findings.fault(null, 'totals', `info.json says ${name} ${said}, the files hold ${found}`);
  }
  const train = info.splits?.train;
  if (train !== undefined && train !== `0:${info.total_episodes}`) {
    findings.warn(null, 'totals', `the split "train" is ${train}, of ${info.total_episodes} episodes`);
  }
}

export function checkMinimumEpisodes(info: DatasetInfo, minEpisodes: number, findings: Findings): void {
  if (info.total_episodes >= minEpisodes) return;
  findings.fault(
    null,
    'min-episodes',
    `the dataset has ${info.total_episodes} episodes, at least ${minEpisodes} are asked for: generate more with --append, or lower --min-episodes`,
  );
}

/** Size of every camera. */
export function checkExpectedSize(
  info: DatasetInfo,
  cameraKeys: readonly string[],
  expected: { widthPx: number; heightPx: number },
  findings: Findings,
): void {
  for (const key of cameraKeys) {
    const [heightPx, widthPx] = info.features[key].shape;
    if (widthPx === expected.widthPx && heightPx === expected.heightPx) continue;
    findings.fault(
      null,
      'size',
      `${key} is ${widthPx}x${heightPx}, ${expected.widthPx}x${expected.heightPx} is expected`,
    );
  }
}
