/**
 * Pixels of an episode of our own as they were when it was drawn: its executed actions are run again from its start,
 * which gives the same poses to the bit, and the poses are drawn. What the codec made of them can then be compared.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Renderer } from '../render/draw-request.ts';
import type { EpisodeStart } from '../sim/engine/episode-start.ts';
import { replayPolicy } from '../sim/engine/policies.ts';
import { simulateEpisode } from '../sim/engine/simulate.ts';
import type { Trajectory } from '../sim/engine/trajectory.ts';
import { loadTask } from '../sim/tasks/load-task.ts';
import { evenlySpread } from './contact-sheet.ts';
import type { EpisodeRow } from './episode-row.ts';
import { EGO_CAMERA_KEY } from './layout.ts';
import type { DatasetReader } from './reader.ts';

/** The episode's trajectory again. Throws when it does not end in the state it once ended in. */
export async function rerunEpisode(reader: DatasetReader, row: EpisodeRow): Promise<Trajectory> {
  const { provenance } = row;
  if (!provenance) throw new Error(`episode ${row.episodeIndex} does not say how it began`);
  const columns = await reader.episodeColumns(row);
  const start = JSON.parse(provenance.start) as EpisodeStart;
  await loadTask(start.taskName);
  const trajectory = simulateEpisode(start, {
    fps: reader.info.fps,
    policy: replayPolicy(columns.executed_action.values),
  });
  if (trajectory.finalStateHash !== provenance.finalStateHash) {
    throw new Error(
      `episode ${row.episodeIndex} ends in state ${trajectory.finalStateHash}, it once ended in ${provenance.finalStateHash}: the simulator changed since`,
    );
  }
  return trajectory;
}

/** Draws frames of every episode into files EPISODE-FRAME.rgba, which trainer/checks/fidelity.py reads. */
export async function writeRawFrames(
  reader: DatasetReader,
  renderer: Renderer,
  { folder, framesAnEpisode }: { folder: string; framesAnEpisode: number },
): Promise<void> {
  const [heightPx, widthPx] = reader.info.features[EGO_CAMERA_KEY].shape;
  await mkdir(folder, { recursive: true });
  for (const row of await reader.episodes()) {
    const { start, poses, frames } = await rerunEpisode(reader, row);
    const wanted = evenlySpread(frames, framesAnEpisode);
    const pictures = await renderer.egoPixels({ start, poses, frames, widthPx, heightPx }, wanted);
    for (const [i, rgba] of pictures.entries()) {
      await writeFile(join(folder, `${row.episodeIndex}-${wanted[i]}.rgba`), rgba);
    }
  }
}
