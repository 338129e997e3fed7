/** One headless browser that draws and encodes: the Node side. */

import type { Browser } from 'puppeteer';
import type { WebSocket } from 'ws';
import { assertOpenFiles } from '../runtime/resource-limits.ts';
import { type Backend, launchChromium, type RunningChromium } from './chromium.ts';
import type {
  CodedRequest,
  DrawRequest,
  EncodedVideo,
  EncodeRequest,
  Renderer,
  RenderingStack,
} from './draw-request.ts';
import type { MeasuredStage, PageJob, PageReply } from './page/message.ts';
import { packMessage, unpackMessage } from './page/message.ts';
import { decodeRuns } from './page/run-length.ts';
import { i420ToRgb } from './page/yuv.ts';
import { type PageServer, servePage } from './page-server.ts';
import { CannotDraw, RendererCrash, RendererTimeout } from './renderer-crash.ts';

const MAX_MESSAGE = 300;
/** Between a suspicion and its consequence. */
const GRACE_MS = 250;

interface Waiting {
  resolve(answer: { header: PageReply; sections: ArrayBuffer[] }): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

// A job before it has its number; `Omit` alone would lose the union.
type Unnumbered<J> = J extends PageJob ? Omit<J, 'id'> : never;

export class HeadlessRenderer implements Renderer {
  readonly stack: RenderingStack;
  /** Process id of the browser, which is also its process group. */
  readonly pid: number;
  /** Resolves once the renderer is of no more use; undefined when it was closed on purpose. */
  readonly ended: Promise<RendererCrash | undefined>;
  readonly #chromium: RunningChromium;
  readonly #server: PageServer;
  readonly #socket: WebSocket;
  readonly #stallS: number;
  readonly #waiting = new Map<number, Waiting>();
  #crash: RendererCrash | undefined;
  #closing: Promise<void> | undefined;
  #nextId = 1;
  #messages = 0;
  #end!: (crash: RendererCrash | undefined) => void;

  /** Starts a browser with the drawing page `script`; a job may be silent for `stallS` seconds. See openRenderer. */
  static async open(backend: Backend, stallS: number, script: string): Promise<HeadlessRenderer> {
    assertOpenFiles();
    const server = await servePage(script);
    let chromium: RunningChromium | undefined;
    try {
      chromium = await launchChromium(backend);
      await requireGl(chromium.browser);
      const [page] = await chromium.browser.pages();
      const hello = server.connected.then(async (socket) => ({ socket, ready: await firstReply(socket) }));
      hello.catch(() => {});
      const fault = new Promise<never>((_, reject) => {
        page.on('pageerror', (error) => reject(new RendererCrash(`error in the page: ${messageOf(error)}`)));
        page.on('error', (error) => reject(new RendererCrash(`the page crashed: ${error.message}`)));
      });
      fault.catch(() => {});
      await page.goto(server.url, { waitUntil: 'domcontentloaded', timeout: stallS * 1000 });
      const { socket, ready } = await within(Promise.race([hello, fault]), stallS, 'the page did not start');
      if (ready.kind !== 'ready') {
        if (ready.kind === 'broken') throw new CannotDraw(ready.message);
        throw new RendererCrash(`the page began with ${ready.kind}`);
      }
      const { glVendor, glRenderer, glVersion } = ready;
      const version = await chromium.browser.version();
      const stack = { backend, glVendor, glRenderer, glVersion, browser: version, codec: 'h264 (WebCodecs)' };
      const renderer = new HeadlessRenderer(stack, chromium, server, socket, stallS);
      fault.catch((crash: RendererCrash) => renderer.#fail(crash.message));
      return renderer;
    } catch (error) {
      await chromium?.kill();
      await server.close();
      if (error instanceof Error && error.name === 'InputError') throw error;
      if (error instanceof RendererCrash) throw error;
      const Kind = isTimeout(error) ? RendererTimeout : RendererCrash;
      throw new Kind(`the browser did not start (${backend}): ${launchMessage(error)}`);
    }
  }

  private constructor(
    stack: RenderingStack,
    chromium: RunningChromium,
    server: PageServer,
    socket: WebSocket,
    stallS: number,
  ) {
    this.stack = stack;
    this.pid = chromium.pid;
    this.#chromium = chromium;
    this.#server = server;
    this.#socket = socket;
    this.#stallS = stallS;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    socket.on('message', (data: Buffer) => this.#receive(data));
    socket.on('close', () => this.#fail('the page closed its connection'));
    socket.on('error', (error) => this.#fail(`the connection to the page broke: ${error.message}`));
    chromium.browser.on('disconnected', () => this.#fail('the browser is gone'));
  }

  /** False once it crashed or was closed. */
  get usable(): boolean {
    return !this.#crash && !this.#closing;
  }

  async encode(request: EncodeRequest): Promise<EncodedVideo> {
    const { fps, statStride } = request;
    const { header, sections } = await this.#ask({ kind: 'encode', fps, statStride, ...picture(request) }, [
      request.poses,
      request.statFrames,
    ]);
    if (header.kind !== 'encoded') throw new Error(`the page answered ${header.kind} to encode`);
    const video = {
      codec: header.codec,
      avcC: new Uint8Array(sections[0]),
      data: new Uint8Array(sections[1]),
      sampleBytes: new Uint32Array(sections[2]),
      keyFrames: new Uint8Array(sections[3]),
      histogram: new Uint32Array(sections[4]),
    };
    if (video.sampleBytes.length !== request.frames)
      throw new RendererCrash(`${video.sampleBytes.length} samples came back for ${request.frames} frames`);
    return video;
  }

  async egoPixels(request: DrawRequest, frames: readonly number[]): Promise<Uint8Array[]> {
    const { sections } = await this.#ask({ kind: 'ego', rows: [...frames], ...picture(request) }, [
      request.poses,
    ]);
    return sections.map((section) => new Uint8Array(section));
  }

  async egoRgb(request: DrawRequest, frame: number, into?: Uint8Array): Promise<Uint8Array> {
    const { sections } = await this.#ask({ kind: 'rgb', row: frame, ...picture(request) }, [request.poses]);
    const { widthPx, heightPx } = request;
    return decodeRuns(new Uint32Array(sections[0]), into ?? new Uint8Array(widthPx * heightPx * 3));
  }

  /**
   * Draws and encodes the next frames of a stream (`poses` holds them alone) and decodes the last of them: RGB, to the
   * bit what a reader of the dataset gets, in `into`. A stream begins with its first request and ends with `endStream`.
   */
  async codedRgb(request: CodedRequest, into: Uint8Array): Promise<Uint8Array> {
    const { stream, fps, widthPx, heightPx } = request;
    const { sections } = await this.#ask({ kind: 'coded', stream, fps, ...picture(request) }, [
      request.poses,
    ]);
    return i420ToRgb(new Uint8Array(sections[0]), widthPx, heightPx, into);
  }

  async endStream(stream: string): Promise<void> {
    await this.#ask({ kind: 'end-stream', stream }, []);
  }

  async topPixels(request: DrawRequest, frame: number): Promise<Uint8Array> {
    const { sections } = await this.#ask({ kind: 'top', row: frame, ...picture(request) }, [request.poses]);
    return new Uint8Array(sections[0]);
  }

  /** Seconds the page needs for all frames of the request, down to the named stage of the path. */
  async measure(request: DrawRequest, what: MeasuredStage): Promise<number> {
    const { header } = await this.#ask({ kind: 'measure', what, ...picture(request) }, [request.poses]);
    if (header.kind !== 'measured') throw new Error(`the page answered ${header.kind} to measure`);
    return header.seconds;
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown('the renderer was closed');
    return this.#closing;
  }

  #ask(
    job: Unnumbered<PageJob>,
    sections: ArrayBufferView[],
  ): Promise<{ header: PageReply; sections: ArrayBuffer[] }> {
    if (this.#crash) return Promise.reject(this.#crash);
    if (this.#closing) return Promise.reject(new RendererCrash('the renderer was closed'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#suspect(id), this.#stallS * 1000);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#socket.send(packMessage({ ...job, id }, sections));
    });
  }

  /**
   * A job has been silent for too long, or this thread was too busy to listen: what has arrived meanwhile is taken
   * in first, and only silence after that ends the browser.
   */
  #suspect(id: number): void {
    const heard = this.#messages;
    setTimeout(() => {
      if (!this.#waiting.has(id)) return;
      if (this.#messages === heard)
        this.#fail(`the page showed no sign of life for ${this.#stallS} s`, RendererTimeout);
      else this.#waiting.get(id)?.timer.refresh();
    }, GRACE_MS);
  }

  #receive(data: Buffer): void {
    this.#messages++;
    const answer = unpackMessage<PageReply>(data);
    const { header } = answer;
    if (header.kind === 'broken') {
      this.#fail(header.message);
      return;
    }
    // Jobs are done in order: a sign of life on one is one for all that wait behind it.
    for (const { timer } of this.#waiting.values()) timer.refresh();
    if (header.kind === 'progress' || header.kind === 'ready') return;
    const waiting = this.#waiting.get(header.id);
    if (!waiting) return;
    this.#waiting.delete(header.id);
    clearTimeout(waiting.timer);
    if (header.kind === 'failed') waiting.reject(new RendererCrash(`the page failed: ${header.message}`));
    else waiting.resolve(answer);
  }

  #fail(reason: string, Kind = RendererCrash): void {
    if (this.#crash || this.#closing) return;
    this.#crash = new Kind(`${reason} (browser ${this.pid}, ${this.stack.backend})`);
    this.#closing = this.#shutDown(reason);
  }

  async #shutDown(reason: string): Promise<void> {
    const crash = this.#crash;
    for (const { timer, reject } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(crash ?? new RendererCrash(reason));
    }
    this.#waiting.clear();
    await this.#chromium.kill();
    await this.#server.close();
    this.#end(crash);
  }
}

const picture = ({ start, frames, widthPx, heightPx }: DrawRequest) => ({
  start,
  frames,
  widthPx,
  heightPx,
});

/**
 * A browser whose GL library is missing answers no page at all; it says so at once here, where waiting for the page
 * would take the whole stall time.
 */
async function requireGl(browser: Browser): Promise<void> {
  const session = await browser.target().createCDPSession();
  const { gpu } = await session.send('SystemInfo.getInfo');
  await session.detach();
  const parts = (gpu.auxAttributes as { glImplementationParts?: string } | undefined)?.glImplementationParts;
  if (parts === '(gl=none,angle=none)') throw new CannotDraw('its GL library does not load');
}

/** Puppeteer's own, of a launch, a page or a protocol call. */
const isTimeout = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'TimeoutError' || /\btimed out\b/i.test(error.message));

/** What puppeteer says of a launch, in one line: without the browser's whole stderr and without its advice. */
function launchMessage(error: unknown): string {
  const [said] = messageOf(error).split(/TROUBLESHOOTING|stderr:|Increase the 'protocolTimeout'/);
  return said.replace(/\s+/g, ' ').trim().slice(0, MAX_MESSAGE);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function firstReply(socket: WebSocket): Promise<PageReply> {
  return new Promise((resolve, reject) => {
    socket.once('message', (data: Buffer) => resolve(unpackMessage<PageReply>(data).header));
    socket.once('close', () => reject(new RendererCrash('the page closed its connection')));
  });
}

function within<T>(promise: Promise<T>, seconds: number, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RendererTimeout(`${otherwise} within ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
