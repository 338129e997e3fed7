/** A worker of `gen` without its dataset: simulates, draws and encodes, and throws the video away. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { workerData } from 'piscina';
import { statFrameIndices, statStride } from '../../dataset/stat-frames.ts';
import { attemptEpisode } from '../../generator/episode.ts';
import { RenderSession } from '../../render/render-session.ts';
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

/** `close` ends the browser; a job answers with the frames it made. */
export type CeilingTask = Job | 'close';

const settings = workerData as CeilingSettings;
const session = new RenderSession({ backend: 'auto', onOpened: () => {}, onClosed: () => {} });
session.warmUp();
const simulator = loadTask();

export default async function make(task: CeilingTask): Promise<number> {
  await simulator;
  if (task === 'close') {
    await session.close();
    return 0;
  }
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
