/** How fast this machine draws and encodes: what doctor and the benchmarks print. */
import { readFileSync } from 'node:fs';
import { allProcesses, type ProcessStat } from '../runtime/process-stat.ts';
import { loadTrial, type TrialOptions } from '../sim/tasks/load-trial.ts';
import type { HeadlessRenderer } from './headless-renderer.ts';
import { openRenderer, type RendererOptions } from './renderer.ts';

export interface MeasureOptions extends TrialOptions {
  backend: RendererOptions['backend'];
  /** Browsers at work at the same time. */
  browsers: number;
  fps: number;
  /** Each figure is the best of so many. */
  repeats: number;
}

export const MEASURE_DEFAULTS: MeasureOptions = {
  backend: 'auto',
  browsers: 1,
  frames: 600,
  widthPx: 320,
  heightPx: 240,
  fps: 10,
  repeats: 3,
};

export interface RendererFigures {
  /** Summed over the browsers. */
  framesPerS: {
    /** Drawn, pixels read into the page. */
    read: number;
    /** The same and turned into I420. */
    convert: number;
    /** The same, encoded and received by Node: the whole path. */
    encode: number;
  };
  bytesPerFrame: number;
  /** From asking for a browser until it can draw. */
  openS: number;
  /** Proportional set size of one browser with all its processes at the end; 0 where the system does not tell. */
  browserPssBytes: number;
  backend: string;
}

/** Draws and encodes the trial scene; takes some seconds. */
export async function measureRenderer(options: Partial<MeasureOptions> = {}): Promise<RendererFigures> {
  const all = { ...MEASURE_DEFAULTS, ...options };
  const opening = performance.now();
  const renderers = [await openRenderer({ backend: all.backend })];
  const openS = (performance.now() - opening) / 1000;
  try {
    const { backend } = renderers[0].stack;
    while (renderers.length < all.browsers) renderers.push(await openRenderer({ backend }));
    const { frames, widthPx, heightPx } = all;
    const scene = (await loadTrial())({ frames, widthPx, heightPx });
    const best = { read: 0, convert: 0, encode: 0 };
    let bytes = 0;
    for (let repeat = 0; repeat < all.repeats; repeat++) {
      const read = await framesPerS(renderers, all.frames, (one) => one.measure(scene, 'read'));
      const convert = await framesPerS(renderers, all.frames, (one) => one.measure(scene, 'convert'));
      const encode = await framesPerS(renderers, all.frames, async (one) => {
        const video = await one.encode({
          ...scene,
          fps: all.fps,
          statFrames: new Uint32Array(0),
          statStride: 1,
        });
        bytes = video.data.length;
      });
      best.read = Math.max(best.read, read);
      best.convert = Math.max(best.convert, convert);
      best.encode = Math.max(best.encode, encode);
    }
    return {
      framesPerS: best,
      bytesPerFrame: Math.round(bytes / all.frames),
      openS,
      browserPssBytes: groupPssBytes(renderers[0].pid),
      backend,
    };
  } finally {
    await Promise.all(renderers.map((one) => one.close()));
  }
}

/** Frames a second of all renderers doing the same at once. */
async function framesPerS(
  renderers: readonly HeadlessRenderer[],
  frames: number,
  work: (renderer: HeadlessRenderer) => Promise<unknown>,
): Promise<number> {
  const started = performance.now();
  await Promise.all(renderers.map(work));
  return Math.round((renderers.length * frames) / ((performance.now() - started) / 1000));
}

/** Memory of a process group: shared pages count in parts, so that browsers can be added up. */
export function groupPssBytes(group: number): number {
  let bytes = 0;
  for (const pid of groupMembers(group)) {
    try {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      bytes += 1024 * Number(rollup.match(/^Pss:\s+(\d+) kB/m)?.[1] ?? 0);
    } catch {
      // Ended meanwhile, or not ours to look at.
    }
  }
  return bytes;
}

/** CPU seconds that the living processes of a group have used; 0 where there is no /proc. */
export function groupCpuS(group: number): number {
  return livingOf(group).reduce((sum, { cpuS }) => sum + cpuS, 0);
}

/** Ids of the living processes in a group; empty where there is no /proc. */
export function groupMembers(group: number): number[] {
  return livingOf(group).map(({ pid }) => pid);
}

/** Z is dead and not yet reaped. */
const livingOf = (group: number): ProcessStat[] =>
  allProcesses().filter((each) => each.group === group && each.state !== 'Z');
