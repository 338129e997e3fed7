/**
 * An episode's frames as a dataset's reader will see them: encoded in order, as `encode` does it, and decoded at once.
 * What a decoder makes of a frame depends on the frames before it, so every one of them is pushed, whether or not
 * anybody looks at it.
 */
import { EpisodeEncoder } from './episode-encoder.ts';

interface Wanted {
  timestampUs: number;
  resolve(frame: VideoFrame): void;
  reject(error: Error): void;
}

export class CodedStream {
  readonly #encoder: EpisodeEncoder;
  readonly #decoder: VideoDecoder;
  #wanted: Wanted | undefined;
  #failure: Error | undefined;

  constructor(widthPx: number, heightPx: number, fps: number) {
    this.#decoder = new VideoDecoder({
      output: (frame) => this.#receive(frame),
      error: (error) => this.#fail(error),
    });
    this.#encoder = new EpisodeEncoder(widthPx, heightPx, fps, {
      onChunk: (chunk, config) => {
        // A frame is wanted now: no decoder may wait for those that follow.
        if (config) this.#decoder.configure({ ...config, optimizeForLatency: true });
        this.#decoder.decode(chunk);
      },
      onFailure: (error) => this.#fail(error),
    });
  }

  /** Takes the next frame, which nobody looks at. */
  async push(i420: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#encoder.push(i420);
    if (this.#failure) throw this.#failure;
  }

  /** Takes the next frame and gives back what its reader will see: I420, as decoded. */
  async pushAndLook(i420: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const timestampUs = this.#encoder.nextTimestampUs;
    const decoded = new Promise<VideoFrame>((resolve, reject) => {
      this.#wanted = { timestampUs, resolve, reject };
    });
    decoded.catch(() => {}); // the push says it where it fails first
    await this.push(i420);
    const frame = await decoded;
    try {
      if (frame.format !== 'I420') throw new Error(`the decoder gives ${frame.format}, wanted I420`);
      const bytes = new Uint8Array(frame.allocationSize());
      await frame.copyTo(bytes);
      if (bytes.length !== i420.length)
        throw new Error(`the decoder gives ${bytes.length} bytes a frame, wanted ${i420.length}`);
      return bytes;
    } finally {
      frame.close();
    }
  }

  close(): void {
    this.#encoder.abandon();
    if (this.#decoder.state !== 'closed') this.#decoder.close();
  }

  #receive(frame: VideoFrame): void {
    const wanted = this.#wanted;
    if (wanted?.timestampUs !== frame.timestamp) {
      frame.close();
      return;
    }
    this.#wanted = undefined;
    wanted.resolve(frame);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wanted?.reject(error);
  }
}
