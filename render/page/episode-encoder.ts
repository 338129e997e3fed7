/**
 * One episode into one H.264 stream. A fresh encoder an episode: the bytes depend on the frames alone, not on what
 * the worker encoded before.
 */
import { h264Codec } from './h264-level.ts';

/** A key frame at least this often, so that a reader never decodes more than this to get one frame. */
export const KEY_FRAME_EVERY = 10;
/** Frames handed over and not yet encoded; more would only hold memory. */
const QUEUE_FRAMES = 8;
/**
 * Bits a frame of 320x240; other sizes get more or less by the root of their pixels, since bits go into edges.
 * On twenty saturated things that leaves a mean error of 2.0 / 1.0 / 2.2 of 255 (R / G / B). Twice the bits gain 0.3
 * and cost 0.3 ms a frame, half of them cost 1.0; what is left is chroma at half the resolution.
 */
const REFERENCE_BITS = 19_200;
const REFERENCE_PIXELS = 320 * 240;

/** Target rate in bits a second. */
export function bitrate(widthPx: number, heightPx: number, fps: number): number {
  return Math.round(fps * REFERENCE_BITS * Math.sqrt((widthPx * heightPx) / REFERENCE_PIXELS));
}

export interface EncodedSamples {
  codec: string;
  avcC: Uint8Array;
  data: Uint8Array;
  sampleBytes: Uint32Array;
  keyFrames: Uint8Array;
}

/** Called as things happen. */
export interface EncoderListeners {
  /** Each sample as it comes; `config`, with the first, is what a decoder needs. */
  onChunk?(chunk: EncodedVideoChunk, config: VideoDecoderConfig | undefined): void;
  onFailure?(error: Error): void;
}

export class EpisodeEncoder {
  readonly #encoder: VideoEncoder;
  readonly #widthPx: number;
  readonly #heightPx: number;
  readonly #fps: number;
  readonly #samples: Uint8Array[] = [];
  readonly #keyFrames: number[] = [];
  #codec = '';
  #avcC: Uint8Array | undefined;
  #failure: Error | undefined;
  #pushed = 0;

  constructor(widthPx: number, heightPx: number, fps: number, listeners: EncoderListeners = {}) {
    this.#widthPx = widthPx;
    this.#heightPx = heightPx;
    this.#fps = fps;
    this.#codec = h264Codec(widthPx, heightPx, fps);
    this.#encoder = new VideoEncoder({
      output: (chunk, metadata) => {
        listeners.onChunk?.(chunk, metadata?.decoderConfig);
        this.#keep(chunk, metadata);
      },
      error: (error) => {
        this.#failure = error;
        listeners.onFailure?.(error);
      },
    });
    this.#encoder.configure({
      codec: this.#codec,
      width: widthPx,
      height: heightPx,
      framerate: fps,
      bitrate: bitrate(widthPx, heightPx, fps),
      bitrateMode: 'variable',
      latencyMode: 'quality',
      avc: { format: 'avc' },
    });
  }

  #keep(chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata | undefined): void {
    const bytes = new Uint8Array(chunk.byteLength);
    chunk.copyTo(bytes);
    this.#samples.push(bytes);
    this.#keyFrames.push(chunk.type === 'key' ? 1 : 0);
    const config = metadata?.decoderConfig;
    if (!config?.description || this.#avcC) return;
    this.#codec = config.codec;
    const { description } = config;
    this.#avcC = ArrayBuffer.isView(description)
      ? new Uint8Array(description.buffer, description.byteOffset, description.byteLength).slice()
      : new Uint8Array(description).slice();
  }

  /** Of the frame that is pushed next. */
  get nextTimestampUs(): number {
    return Math.round((this.#pushed * 1e6) / this.#fps);
  }

  /** Takes one I420 picture (copied) and waits while the encoder has enough to do. */
  async push(i420: Uint8Array<ArrayBuffer>): Promise<void> {
    while (this.#encoder.encodeQueueSize >= QUEUE_FRAMES && !this.#failure) await this.#dequeued();
    if (this.#failure) throw this.#failure;
    const timestamp = this.nextTimestampUs;
    const index = this.#pushed++;
    const frame = new VideoFrame(i420, {
      format: 'I420',
      codedWidth: this.#widthPx,
      codedHeight: this.#heightPx,
      timestamp,
      duration: Math.round(1e6 / this.#fps),
      colorSpace: { matrix: 'smpte170m', primaries: 'smpte170m', transfer: 'smpte170m', fullRange: false },
    });
    this.#encoder.encode(frame, { keyFrame: index % KEY_FRAME_EVERY === 0 });
    frame.close();
  }

  #dequeued(): Promise<void> {
    return new Promise((resolve) => {
      this.#encoder.addEventListener('dequeue', () => resolve(), { once: true });
    });
  }

  async finish(): Promise<EncodedSamples> {
    await this.#encoder.flush();
    if (this.#failure) throw this.#failure;
    this.#encoder.close();
    if (this.#samples.length !== this.#pushed)
      throw new Error(`the encoder gave ${this.#samples.length} samples for ${this.#pushed} frames`);
    if (!this.#avcC) throw new Error('the encoder gave no decoder configuration');
    const data = new Uint8Array(this.#samples.reduce((sum, sample) => sum + sample.length, 0));
    let at = 0;
    for (const sample of this.#samples) {
      data.set(sample, at);
      at += sample.length;
    }
    return {
      codec: this.#codec,
      avcC: this.#avcC,
      data,
      sampleBytes: Uint32Array.from(this.#samples, (sample) => sample.length),
      keyFrames: Uint8Array.from(this.#keyFrames),
    };
  }

  /** Lets go of the encoder when an episode is given up half way. */
  abandon(): void {
    if (this.#encoder.state !== 'closed') this.#encoder.close();
  }
}
