/** One picture of several starts of a scenario, to see at a glance what it asks for. */
import type { EpisodeStart } from '../sim/episode-start.ts';
import type { DrawRequest } from '../sim/host/draw-request.ts';
import { pictureSheet } from '../sim/host/picture-sheet.ts';
import { openRenderer } from '../sim/host/renderer.ts';
import { startPoses } from '../sim/start-poses.ts';
import { sampleStart } from './sampler.ts';
import type { Scenario } from './schema.ts';

const TOP_SIZE_PX = 320;
const EGO_SIZE_PX = { widthPx: 320, heightPx: 240 };

/** PNG bytes: for each start its top view and its first camera frame. */
export async function previewPicture(
  scenario: Scenario,
  { count, seed }: { count: number; seed: number },
): Promise<Uint8Array> {
  const starts = Array.from({ length: count }, (_, slot) =>
    sampleStart(scenario, { namespace: 'preview', seed, slot, attempt: 0 }),
  );
  const renderer = await openRenderer();
  try {
    const tiles = [];
    for (const start of starts) {
      const top = request(start, TOP_SIZE_PX, TOP_SIZE_PX);
      const ego = request(start, EGO_SIZE_PX.widthPx, EGO_SIZE_PX.heightPx);
      const [frame] = await renderer.egoPixels(ego, [0]);
      tiles.push({
        rgba: await renderer.topPixels(top, 0),
        ...size(top),
        caption: `${start.scenario} ${start.seed}`,
      });
      tiles.push({ rgba: frame, ...size(ego), caption: 'through the camera' });
    }
    return pictureSheet(tiles, { columns: count > 1 ? 4 : 2 });
  } finally {
    await renderer.close();
  }
}

function request(start: EpisodeStart, widthPx: number, heightPx: number): DrawRequest {
  const { bricks, visual } = start;
  return { start: { bricks, visual }, poses: startPoses(start), frames: 1, widthPx, heightPx };
}

function size({ widthPx, heightPx }: DrawRequest) {
  return { widthPx, heightPx };
}
