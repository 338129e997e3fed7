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

/** Draws with each backend until one does. Rejects with InputError when none does. */
export async function chooseBackend(): Promise<BackendProbe> {
  const rejected: string[] = [];
  for (const backend of BACKENDS) {
    try {
      return { ...(await probeBackend(backend)), rejected };
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

/** Draws with one backend; rejects when it does not draw what it should. */
export async function probeBackend(backend: Backend): Promise<Omit<BackendProbe, 'rejected'>> {
  const renderer = await HeadlessRenderer.open(backend, PROBE_STALL_S, await pageBundle());
  try {
    const scene = trialScene({ frames: PROBE_FRAMES });
    const [pixels] = await renderer.egoPixels(scene, [0]);
    if (new Set(new Uint32Array(pixels.buffer)).size < 10) throw new Error('it draws an empty picture');
    const seconds = await renderer.measure(scene, 'read');
    return { stack: renderer.stack, framesPerS: Math.round(PROBE_FRAMES / seconds) };
  } finally {
    await renderer.close();
  }
}
