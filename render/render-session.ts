/** A worker's browser over its whole life: opened when first needed, one drawing at a time, replaced when it dies. */
import type {
  CodedRequest,
  DrawRequest,
  EncodedVideo,
  EncodeRequest,
  RenderingStack,
} from './draw-request.ts';
import { type HeadlessRenderer, openRenderer, type RendererOptions } from './renderer.ts';

export interface RenderSessionOptions extends Partial<Pick<RendererOptions, 'agreement' | 'onRejected'>> {
  backend: RendererOptions['backend'];
  /** Code of the page; left out, this thread bundles it, which takes half a second. */
  script?: string;
  onOpened(pid: number): void;
  onClosed(pid: number): void;
}

export interface DrawnVideo {
  video: EncodedVideo;
  /** What the drawing took, without the wait for its turn. */
  drawS: number;
}

/**
 * Frames after which a browser is replaced by a fresh one. Memory was flat over this many; the replacement costs
 * about a second and bounds whatever would creep.
 */
const FRAMES_PER_BROWSER = 250_000;

export class RenderSession {
  readonly #options: RenderSessionOptions;
  #opening: Promise<HeadlessRenderer> | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #framesDrawn = 0;
  /** Frames of each coded stream that the browser has. */
  readonly #sent = new Map<string, number>();
  #pid: number | undefined;

  constructor(options: RenderSessionOptions) {
    this.#options = options;
  }

  /** Starts the browser so that it is there when the first episode has been simulated. */
  warmUp(): void {
    this.#open().catch(() => {}); // the first encode reports it
  }

  /** Process id and group of the browser that was opened last. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** The stack of the browser that is open now. */
  async stack(): Promise<RenderingStack> {
    return (await this.#open()).stack;
  }

  /** Draws and encodes after those asked before. A browser that failed is gone afterwards; the next call opens one. */
  encode(request: EncodeRequest): Promise<DrawnVideo> {
    return this.#inTurn(async (renderer) => {
      const from = performance.now();
      const video = await renderer.encode(request);
      this.#framesDrawn += request.frames;
      return { video, drawS: (performance.now() - from) / 1000 };
    });
  }

  /** One frame as a policy sees it: RGB, top row first, in `into` where it is given. */
  egoRgb(request: DrawRequest, frame: number, into?: Uint8Array): Promise<Uint8Array> {
    return this.#inTurn((renderer) => {
      this.#framesDrawn++;
      return renderer.egoRgb(request, frame, into);
    });
  }

  /**
   * The last frame of an episode so far as its video will show it, in `into`. The request holds the episode from its
   * first frame: a browser that has replaced another gets all of it again, which gives the same pixels.
   */
  codedRgb(request: CodedRequest, into: Uint8Array): Promise<Uint8Array> {
    return this.#inTurn(async (renderer) => {
      const sent = this.#sent.get(request.stream) ?? 0;
      const frames = request.frames - sent;
      const row = request.poses.length / request.frames;
      const rgb = await renderer.codedRgb(
        { ...request, poses: request.poses.subarray(sent * row), frames },
        into,
      );
      this.#framesDrawn += frames;
      this.#sent.set(request.stream, request.frames);
      return rgb;
    });
  }

  /** Frees what the browser keeps of the episode. */
  async endStream(stream: string): Promise<void> {
    if (!this.#sent.has(stream)) return;
    await this.#inTurn(async (renderer) => {
      if (this.#sent.delete(stream)) await renderer.endStream(stream);
    });
  }

  async close(): Promise<void> {
    this.#sent.clear();
    const opening = this.#opening;
    this.#opening = undefined;
    this.#framesDrawn = 0;
    const renderer = await opening?.catch(() => undefined);
    if (!renderer) return;
    await renderer.close();
    this.#options.onClosed(renderer.pid);
  }

  #inTurn<T>(draw: (renderer: HeadlessRenderer) => Promise<T>): Promise<T> {
    const result = this.#queue.then(() => this.#drawNow(draw));
    this.#queue = result.catch(() => {});
    return result;
  }

  async #drawNow<T>(draw: (renderer: HeadlessRenderer) => Promise<T>): Promise<T> {
    if (this.#framesDrawn > FRAMES_PER_BROWSER) await this.close();
    const renderer = await this.#open();
    try {
      return await draw(renderer);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #openNew(): Promise<HeadlessRenderer> {
    const { backend, script, agreement, onRejected, onOpened } = this.#options;
    const renderer = await openRenderer({
      backend,
      script,
      agreement,
      ...(onRejected ? { onRejected } : {}),
    });
    this.#pid = renderer.pid;
    onOpened(renderer.pid);
    return renderer;
  }

  #open(): Promise<HeadlessRenderer> {
    this.#opening ??= this.#openNew();
    this.#opening.catch(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }
}
