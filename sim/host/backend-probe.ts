/** Which GL draws here: tries each by drawing with it. */
import { InputError } from '../errors.ts';
import type { Backend } from './chromium.ts';
import type { RenderingStack } from './draw-request.ts';
import { HeadlessRenderer } from './headless-renderer.ts';
import { pageBundle } from './page-bundle.ts';
import { trialScene } from './trial-scene.ts';

/** The best first: facts of the figures stand in chromium.ts. */
const BACKENDS: readonly Backend[] = ['gl-egl', 'swiftshader'];
const PROBE_FRAMES = 60;
const PROBE_STALL_S = 20;

export interface BackendProbe {
  stack: RenderingStack;
  /** Frames drawn and read back in a second, 320x240. */
  framesPerS: number;
  /** What did not work, one line each. */
  rejected: string[];
}

/** A browser that draws, with the best backend that does, and why better ones do not. Rejects with InputError. */
export async function openBestBackend(
  script: string,
  stallS: number,
): Promise<{ renderer: HeadlessRenderer; rejected: string[] }> {
  const rejected: string[] = [];
  for (const backend of BACKENDS) {
    try {
      return { renderer: await openDrawing(backend, script, stallS), rejected };
    } catch (error) {
      if (error instanceof InputError) throw error;
      rejected.push(`${backend}: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new InputError(
    `no GL backend draws in this machine's browser (${rejected.join('; ')}): ` +
      'run `apt-get install -y libegl1 libgl1-mesa-dri` or update the browser',
  );
}

/** A browser with this backend that has shown that it draws; rejects when it does not draw what it should. */
async function openDrawing(backend: Backend, script: string, stallS: number): Promise<HeadlessRenderer> {
  const renderer = await HeadlessRenderer.open(backend, stallS, script);
  try {
    const [pixels] = await renderer.egoPixels(trialScene({ frames: 1 }), [0]);
    if (new Set(new Uint32Array(pixels.buffer)).size < 10) throw new Error('it draws an empty picture');
    return renderer;
  } catch (error) {
    await renderer.close();
    throw error;
  }
}

/** Which backend wins here, and how fast it is. Rejects with InputError when none draws. */
export async function chooseBackend(): Promise<BackendProbe> {
  const { renderer, rejected } = await openBestBackend(await pageBundle(), PROBE_STALL_S);
  try {
    const seconds = await renderer.measure(trialScene({ frames: PROBE_FRAMES }), 'read');
    return { stack: renderer.stack, framesPerS: Math.round(PROBE_FRAMES / seconds), rejected };
  } finally {
    await renderer.close();
  }
}
