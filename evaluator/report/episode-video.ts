/** Draws an episode's stored poses and packs them as an MP4. */
import { mp4Head } from '../../dataset/mp4.ts';
import type { Renderer } from '../../render/draw-request.ts';
import { taskOf } from '../../sim/engine/task-registry.ts';
import type { EpisodeVideo, ShownEpisode } from './report-data.ts';

export const VIDEO_DEFAULTS = { widthPx: 320, heightPx: 240, mostS: 90 } as const;

/** At most `mostS` seconds: from the start, or about the failure where it comes later. */
export async function drawVideo(
  renderer: Renderer,
  { result, trajectory }: ShownEpisode,
): Promise<EpisodeVideo> {
  const { start, fps, poses } = trajectory;
  const { widthPx, heightPx, mostS } = VIDEO_DEFAULTS;
  const most = mostS * fps;
  const middle = (result.failure?.time_s ?? 0) * fps;
  const latest = Math.max(0, trajectory.frames - most);
  const from = Math.round(Math.min(latest, Math.max(0, middle - most / 2)));
  const frames = Math.min(most, trajectory.frames - from);
  const size = taskOf(start).poseSize(start);
  const request = {
    start,
    poses: poses.slice(from * size, (from + frames) * size),
    frames,
    widthPx,
    heightPx,
  };
  const video = await renderer.encode({ ...request, fps, statFrames: new Uint32Array([0]), statStride: 64 });
  const mp4 = Buffer.concat([mp4Head([video], fps).bytes, video.data]);
  return { mp4, fromS: from / fps, toS: (from + frames) / fps };
}
