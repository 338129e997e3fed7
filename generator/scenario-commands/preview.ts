/** One picture of several starts of a scenario, to see at a glance what it asks for. */

import type { DrawRequest, Renderer } from '../../render/draw-request.ts';
import { pictureSheet, type SheetTile } from '../../render/picture-sheet.ts';
import { openRenderer } from '../../render/renderer.ts';
import { sampleStart } from '../../scenarios/sampler.ts';
import type { Scenario } from '../../scenarios/schema.ts';
import type { EpisodeStart } from '../../sim/engine/episode-start.ts';
import { taskOf } from '../../sim/engine/task-registry.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';

/** Equally high, so that the two pictures of a start stand side by side. */
const TOP_SIZE_PX = 384;
const EGO_SIZE_PX = { widthPx: 512, heightPx: 384 };
const STARTS_PER_ROW = 2;

/** PNG bytes: for each start its top view and its first camera frame. */
export async function previewPicture(
  scenario: Scenario,
  { count, seed }: { count: number; seed: number },
): Promise<Uint8Array> {
  await loadTask(scenario.task_name);
  const starts = Array.from({ length: count }, (_, slot) =>
    sampleStart(scenario, { namespace: 'preview', seed, slot, attempt: 0 }),
  );
  const renderer = await openRenderer();
  try {
    const tiles: SheetTile[] = [];
    for (const start of starts) tiles.push(...(await drawStart(renderer, start)));
    const title = `${scenario.name}: ${scenario.title} (seed ${seed})`;
    return pictureSheet(tiles, { columns: 2 * Math.min(count, STARTS_PER_ROW), title });
  } finally {
    await renderer.close();
  }
}

async function drawStart(renderer: Renderer, start: EpisodeStart): Promise<SheetTile[]> {
  const top = request(start, TOP_SIZE_PX, TOP_SIZE_PX);
  const ego = request(start, EGO_SIZE_PX.widthPx, EGO_SIZE_PX.heightPx);
  const [frame] = await renderer.egoPixels(ego, [0]);
  const { count, thing } = taskOf(start);
  const things = `${count(start)} ${count(start) === 1 ? thing.one : thing.many}`;
  return [
    { rgba: await renderer.topPixels(top, 0), ...size(top), caption: `start ${start.seed}` },
    { rgba: frame, ...size(ego), caption: `${things}, ${start.timeLimitS} s` },
  ];
}

function request(start: EpisodeStart, widthPx: number, heightPx: number): DrawRequest {
  return { start, poses: taskOf(start).startPoses(start), frames: 1, widthPx, heightPx };
}

function size({ widthPx, heightPx }: DrawRequest) {
  return { widthPx, heightPx };
}
