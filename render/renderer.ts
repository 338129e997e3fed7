/** The way in: a headless browser that draws and encodes. */
import { InputError } from '../sim/errors.ts';
import { BackendAgreement } from './backend-agreement.ts';
import { openBestBackend } from './backend-probe.ts';
import type { Backend } from './chromium.ts';
import { HeadlessRenderer } from './headless-renderer.ts';
import { pageBundle } from './page-bundle.ts';
import { CannotDraw } from './renderer-crash.ts';

export { HeadlessRenderer } from './headless-renderer.ts';
export { RendererCrash } from './renderer-crash.ts';

export interface RendererOptions {
  /** `auto` draws a test picture with each in turn and keeps the first browser that shows one. */
  backend: 'auto' | Backend;
  /** A job without a sign of life for so long is given up, and the browser with it. */
  stallS: number;
  /** Code of the page; left out, it is bundled (once a thread). */
  script?: string;
  /** With the other threads of the run, on what `auto` means. */
  agreement?: BackendAgreement;
  /** Told once, by the thread that tried, why `auto` did not take better backends. */
  onRejected(backend: Backend, reasons: readonly string[]): void;
}

export const RENDERER_DEFAULTS: RendererOptions = { backend: 'auto', stallS: 20, onRejected: () => {} };

/** Starts a browser with the drawing page. Rejects with InputError when there is none, else with RendererCrash. */
export async function openRenderer(options: Partial<RendererOptions> = {}): Promise<HeadlessRenderer> {
  const all = { ...RENDERER_DEFAULTS, ...options };
  const script = all.script ?? (await pageBundle());
  const backend = all.backend === 'auto' ? probed : all.backend;
  if (backend) return openNamed(backend, all.stallS, script);
  const agreement = all.agreement ?? new BackendAgreement();
  const chosen = await agreement.decide(() => openBestBackend(script, all.stallS));
  probed = chosen.backend;
  if (!('renderer' in chosen)) return openNamed(chosen.backend, all.stallS, script);
  if (chosen.rejected.length > 0) all.onRejected(chosen.backend, chosen.rejected);
  return chosen.renderer;
}

/** @throws InputError when its browser says that it does not draw, RendererCrash when it only failed */
async function openNamed(backend: Backend, stallS: number, script: string): Promise<HeadlessRenderer> {
  try {
    return await HeadlessRenderer.open(backend, stallS, script);
  } catch (error) {
    if (!(error instanceof CannotDraw)) throw error;
    throw new InputError(
      `--backend ${backend} does not draw in this machine's browser (${error.message}); go on where the run began, or begin a new one with --backend auto`,
      { cause: error },
    );
  }
}

/** What the first probe of this thread chose: a browser that replaces a crashed one draws the same pixels. */
let probed: Backend | undefined;
