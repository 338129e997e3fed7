/** A worker of `gen` without its dataset: simulates, draws and encodes, and throws the video away. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { statFrameIndices, statStride } from '../../dataset/stat-frames.ts';
import { attemptEpisode } from '../../generator/episode.ts';
import { openWorkerBrowser } from '../../render/worker-browser.ts';
import type { PoolData } from '../../runtime/worker-channel.ts';
import type { Job } from '../../scenarios/plan.ts';
import type { Scenario } from '../../scenarios/schema.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';

export interface CeilingSettings {
  scenarios: Record<string, Scenario>;
  seed: number;
  fps: number;
  widthPx: number;
  heightPx: number;
}

const settings = workerData as CeilingSettings & PoolData;
const session = openWorkerBrowser(settings, { backend: 'auto' });
session.warmUp();
const simulator = loadTask();

/** Answers with the frames it made. */
export default async function make(task: Job): Promise<number> {
  await simulator;
  const { seed, fps, widthPx, heightPx } = settings;
  const scenario = settings.scenarios[task.scenario];
  for (let attempt = 0; ; attempt++) {
    await nextTurn();
    const outcome = attemptEpisode({ scenario, slot: task.slot, attempt, seed, fps, state: 'seed4' });
    if ('failure' in outcome) continue;
    const { start, poses, frames } = outcome.kept;
    const stat = { statFrames: statFrameIndices(frames), statStride: statStride(widthPx, heightPx) };
    await session.encode({ start, poses, frames, fps, widthPx, heightPx, ...stat });
    return frames;
  }
}
