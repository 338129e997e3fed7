/** Which GL draws here: tries each by drawing with it. */
import { limitsInForce } from '../runtime/resource-limits.ts';
import { InputError } from '../sim/errors.ts';
import { loadTrial } from '../sim/tasks/load-trial.ts';
import type { Backend } from './chromium.ts';
import type { RenderingStack } from './draw-request.ts';
import { HeadlessRenderer } from './headless-renderer.ts';
import { pageBundle } from './page-bundle.ts';
import { CannotDraw, RendererTimeout } from './renderer-crash.ts';

/** The best first: facts of the figures stand in chromium.ts. */
const BACKENDS: readonly Backend[] = ['gl-egl', 'swiftshader'];
const PROBE_FRAMES = 60;
const PROBE_STALL_S = 20;
/** Of one backend. A browser that is slow or dies once draws as well as any: only its own word ends the tries at once. */
const TRIES = 3;

export interface BackendProbe {
  stack: RenderingStack;
  /** Frames drawn and read back in a second, 320x240. */
  framesPerS: number;
  /** What did not work, one line each. */
  rejected: string[];
}

/** What was opened, with which backend, and why better ones were not. */
export interface Chosen<R> {
  backend: Backend;
  renderer: R;
  rejected: string[];
}

/** A browser that draws, with the best backend that does. Rejects with InputError. */
export async function openBestBackend(script: string, stallS: number): Promise<Chosen<HeadlessRenderer>> {
  return chooseFrom(BACKENDS, (backend) => openDrawing(backend, script, stallS));
}

/**
 * The first backend with which `open` succeeds. Two backends draw different pixels, so one is passed over only when it
 * does not draw: when its browser says so, or dies each time. One that is only slow is no reason to take the next.
 * @throws InputError when none draws, or when it cannot be known
 */
export async function chooseFrom<R>(
  backends: readonly Backend[],
  open: (backend: Backend) => Promise<R>,
): Promise<Chosen<R>> {
  const rejected: string[] = [];
  const failures: unknown[] = [];
  for (const backend of backends) {
    const opened = await tryBackend(backend, open);
    if ('renderer' in opened) return { backend, renderer: opened.renderer, rejected };
    failures.push(opened.failure);
    rejected.push(`${backend}: ${messageOf(opened.failure)}`);
  }
  if (failures.some((failure) => failure instanceof CannotDraw))
    throw new InputError(
      `no GL backend draws in this machine's browser (${rejected.join('; ')}): ` +
        'run `apt-get install -y libegl1 libgl1-mesa-dri` or update the browser',
    );
  throw new InputError(
    `the browser does not start (${rejected.join('; ')}): start it by hand to see why, or name another by PUPPETEER_EXECUTABLE_PATH${limitsHint()}`,
  );
}

async function tryBackend<R>(
  backend: Backend,
  open: (backend: Backend) => Promise<R>,
): Promise<{ renderer: R } | { failure: unknown }> {
  let slow: RendererTimeout | undefined;
  let failure: unknown;
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      return { renderer: await open(backend) };
    } catch (error) {
      if (error instanceof InputError) throw error;
      failure = error;
      if (error instanceof CannotDraw) return { failure };
      if (error instanceof RendererTimeout) slow = error;
    }
  }
  if (slow)
    throw new InputError(
      `whether ${backend} draws here could not be found out: ${TRIES} browsers failed, one of them for want of time (${slow.message}); try again when the machine is less busy, or choose by --backend${limitsHint()}`,
      { cause: slow },
    );
  return { failure };
}

/** A browser reserves far more address space than it uses, and starts a dozen processes. */
function limitsHint(): string {
  const limits = limitsInForce();
  return limits.length > 0 ? `; limits of this shell may be too low: ${limits.join(', ')}` : '';
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A browser with this backend that has shown that it draws; rejects when it does not draw what it should. */
async function openDrawing(backend: Backend, script: string, stallS: number): Promise<HeadlessRenderer> {
  const renderer = await HeadlessRenderer.open(backend, stallS, script);
  try {
    const makeTrial = await loadTrial();
    const [pixels] = await renderer.egoPixels(makeTrial({ frames: 1 }), [0]);
    if (new Set(new Uint32Array(pixels.buffer)).size < 10) throw new CannotDraw('it draws an empty picture');
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
    const makeTrial = await loadTrial();
    const seconds = await renderer.measure(makeTrial({ frames: PROBE_FRAMES }), 'read');
    return { stack: renderer.stack, framesPerS: Math.round(PROBE_FRAMES / seconds), rejected };
  } finally {
    await renderer.close();
  }
}
