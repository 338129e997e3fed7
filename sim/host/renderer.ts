/** The way in: a headless browser that draws and encodes. */
import { openBestBackend } from './backend-probe.ts';
import type { Backend } from './chromium.ts';
import { HeadlessRenderer } from './headless-renderer.ts';
import { pageBundle } from './page-bundle.ts';

export { HeadlessRenderer } from './headless-renderer.ts';
export { RendererCrash } from './renderer-crash.ts';

export interface RendererOptions {
  /** `auto` draws a test picture with each in turn and keeps the first browser that shows one. */
  backend: 'auto' | Backend;
  /** A job without a sign of life for so long is given up, and the browser with it. */
  stallS: number;
  /** Code of the page; left out, it is bundled (once a thread). */
  script?: string;
}

export const RENDERER_DEFAULTS: RendererOptions = { backend: 'auto', stallS: 20 };

/** Starts a browser with the drawing page. Rejects with InputError when there is none, else with RendererCrash. */
export async function openRenderer(options: Partial<RendererOptions> = {}): Promise<HeadlessRenderer> {
  const all = { ...RENDERER_DEFAULTS, ...options };
  const script = all.script ?? (await pageBundle());
  const backend = all.backend === 'auto' ? probed : all.backend;
  if (backend) return HeadlessRenderer.open(backend, all.stallS, script);
  const { renderer } = await openBestBackend(script, all.stallS);
  probed = renderer.stack.backend;
  return renderer;
}

/** What the first probe of this thread chose: a browser that replaces a crashed one draws the same pixels. */
let probed: Backend | undefined;
