/** How a policy's frames come about: as they are drawn, or as the video of the episode will show them. */

import type { RenderSession } from '../render/render-session.ts';
import type { EpisodeStart } from '../sim/engine/episode-start.ts';
import type { Observation, View } from '../sim/engine/policy.ts';

export interface PolicyView extends View {
  /** Seconds that its pictures were waited for. */
  readonly drawS: number;
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
  const { throughCodec, ...picture } = settings;
  if (!throughCodec) return timedView(drawnView(browser, picture), async () => {});
  const stream = `${start.seed} ${opened++}`;
  return timedView(codedView(browser, stream, picture), () => browser.endStream(stream));
}

let opened = 0;

function timedView(view: View, close: () => Promise<void>): PolicyView {
  let drawS = 0;
  return {
    get drawS() {
      return drawS;
    },
    draw: async (observation, camera) => {
      const from = performance.now();
      const picture = await view.draw(observation, camera);
      drawS += (performance.now() - from) / 1000;
      return picture;
    },
    close,
  };
}

/** Frames as they are drawn; each picture takes the place of the one before. */
export function drawnView(
  browser: Pick<Browser, 'egoRgb'>,
  { widthPx, heightPx }: Pick<ViewSettings, 'widthPx' | 'heightPx'>,
): View {
  const picture = new Uint8Array(widthPx * heightPx * 3);
  return {
    draw: ({ world, pose }: Observation) =>
      browser.egoRgb({ start: world.start, poses: pose, frames: 1, widthPx, heightPx }, 0, picture),
  };
}

/** A decoder's picture depends on all frames before it, so that all are drawn that were not yet. */
function codedView(
  browser: Pick<Browser, 'codedRgb'>,
  stream: string,
  { fps, widthPx, heightPx }: Omit<ViewSettings, 'throughCodec'>,
): View {
  const picture = new Uint8Array(widthPx * heightPx * 3);
  return {
    draw: ({ frame, world, poses }: Observation) => {
      const request = { stream, fps, start: world.start, poses, frames: frame + 1, widthPx, heightPx };
      return browser.codedRgb(request, picture);
    },
  };
}
