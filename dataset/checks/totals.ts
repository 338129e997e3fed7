/** Counts: what info.json says against what the files hold. */
import { cameraSize } from '../camera-shape.ts';
import type { DatasetInfo } from '../dataset-info.ts';
import type { EpisodeIndex } from '../episode-index.ts';
import type { Findings } from '../findings.ts';

export function checkTotals(
  info: DatasetInfo,
  index: EpisodeIndex,
  tasks: readonly string[],
  findings: Findings,
): void {
  let frames = 0;
  for (let k = 0; k < index.count; k++) frames += index.number('length', k);
  const counts: [string, number | undefined, number][] = [
    ['total_episodes', info.total_episodes, index.count],
    ['total_frames', info.total_frames, frames],
    ['total_tasks', info.total_tasks, tasks.length],
  ];
  for (const [name, said, found] of counts) {
    if (said !== undefined && said !== found)
      findings.fault(null, 'totals', `info.json says ${name} ${said}, the files hold ${found}`);
  }
  const train = info.splits?.train;
  if (train !== undefined && train !== `0:${info.total_episodes}`) {
    findings.warn(
      null,
      'totals',
      `the split "train" is ${JSON.stringify(train)}, of ${info.total_episodes} episodes`,
    );
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
    const { heightPx, widthPx } = cameraSize(info.features[key]);
    if (widthPx === expected.widthPx && heightPx === expected.heightPx) continue;
    findings.fault(
      null,
      'size',
      `${key} is ${widthPx}x${heightPx}, ${expected.widthPx}x${expected.heightPx} is expected`,
    );
  }
}
