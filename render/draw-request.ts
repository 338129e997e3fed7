/** What the Node side asks of a page and gets back. Every message between the two is named here. */
import type { EpisodeStart } from '../sim/engine/episode-start.ts';

/** The GL stack and encoder that made the pictures; stored with every dataset. */
export interface RenderingStack {
  backend: 'gl-egl' | 'swiftshader';
  glVendor: string;
  glRenderer: string;
  glVersion: string;
  browser: string;
  codec: string;
}

/** What of a start a picture depends on: the looks, and whatever else its task draws. */
export type SceneStart = Pick<EpisodeStart, 'visual' | 'taskName'>;

export interface DrawRequest {
  start: SceneStart;
  /** frames x the task's poseSize, as in a trajectory. */
  poses: Float32Array;
  frames: number;
  widthPx: number;
  heightPx: number;
}

export interface EncodeRequest extends DrawRequest {
  fps: number;
  /** Frames whose pixels are counted into the histogram, ascending. */
  statFrames: Uint32Array;
  /** Every n-th pixel of those, both ways. */
  statStride: number;
}

/** An episode so far, whose last frame is wanted as its video will show it. */
export interface CodedRequest extends DrawRequest {
  /** Name of the episode; no other may have it while it is open. */
  stream: string;
  fps: number;
}

export interface EncodedVideo {
  /** RFC 6381 name, such as avc1.42001f. */
  codec: string;
  /** AVCDecoderConfigurationRecord (ISO/IEC 14496-15). */
  avcC: Uint8Array;
  /** All samples one after the other, NAL units with 4-byte length prefixes. */
  data: Uint8Array;
  sampleBytes: Uint32Array;
  /** 1 where a sample can be decoded by itself. */
  keyFrames: Uint8Array;
  /** 3 x 256 counts, R then G then B, of the pixels as rendered. */
  histogram: Uint32Array;
}

export interface Renderer {
  readonly stack: RenderingStack;
  /** Draws and encodes a whole episode. */
  encode(request: EncodeRequest): Promise<EncodedVideo>;
  /** RGBA pixels, top row first, of the named frames of the ego camera. */
  egoPixels(request: DrawRequest, frames: readonly number[]): Promise<Uint8Array[]>;
  /**
   * RGB pixels, top row first, of one frame of the ego camera: what a policy sees. Fills and returns `into` where it is
   * given: a fresh array a frame costs 0.6 ms of garbage collection.
   */
  egoRgb(request: DrawRequest, frame: number, into?: Uint8Array): Promise<Uint8Array>;
  /** RGBA pixels of the arena seen from above, for one frame. */
  topPixels(request: DrawRequest, frame: number): Promise<Uint8Array>;
  close(): Promise<void>;
}
