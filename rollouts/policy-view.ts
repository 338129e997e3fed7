/** How a policy's frames come about: as they are drawn, or as the video of the episode will show them. */

import type { RenderSession } from '../render/render-session.ts';
import type { EpisodeStart } from '../sim/engine/episode-start.ts';
import { taskOf } from '../sim/engine/task-registry.ts';
import type { PolicyPorts } from './policy-driver.ts';

export interface PolicyView extends Pick<PolicyPorts, 'watch' | 'draw'> {
  /** Frees what the browser keeps of the episode. */
  close(): Promise<void>;
}

export interface ViewSettings {
  fps: number;
  widthPx: number;
  heightPx: number;
  throughCodec: boolean;
}

type Browser = Pick<RenderSession, 'egoRgb' | 'codedRgb' | 'endStream'>;

/** @param start of the episode that is looked at */
export function openView(browser: Browser, start: EpisodeStart, settings: ViewSettings): PolicyView {
  return settings.throughCodec ? codedView(browser, start, settings) : drawnView(browser, start, settings);
}

function drawnView(browser: Browser, start: EpisodeStart, { widthPx, heightPx }: ViewSettings): PolicyView {
  const picture = new Uint8Array(widthPx * heightPx * 3);
  return {
    draw: (run) => browser.egoRgb({ start, poses: run.pose(), frames: 1, widthPx, heightPx }, 0, picture),
    close: async () => {},
  };
}

let opened = 0;

/** A decoder's picture depends on the frames before it: all of them are kept, and drawn when the next one is asked for. */
function codedView(
  browser: Browser,
  start: EpisodeStart,
  { fps, widthPx, heightPx }: ViewSettings,
): PolicyView {
  const stream = `${start.seed} ${opened++}`;
  const picture = new Uint8Array(widthPx * heightPx * 3);
  const size = taskOf(start).poseSize(start);
  let kept = new Float32Array(size * 128);
  let frames = 0;
  return {
    watch: (run) => {
      if (run.frames !== frames)
        throw new RangeError(`frame ${run.frames} follows ${frames - 1} in a coded view`);
      if (kept.length < (frames + 1) * size) {
        const larger = new Float32Array(2 * kept.length);
        larger.set(kept);
        kept = larger;
      }
      kept.set(run.pose(), frames++ * size);
    },
    draw: () => {
      const poses = kept.subarray(0, frames * size);
      return browser.codedRgb({ stream, fps, start, poses, frames, widthPx, heightPx }, picture);
    },
    close: () => browser.endStream(stream),
  };
}
