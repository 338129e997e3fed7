/**
 * How the two sides of the page's socket write a message: a JSON header that names its binary sections, then the
 * sections, each aligned to 8 bytes so that it can be viewed without a copy.
 */

import type { SceneStart } from '../draw-request.ts';

/** Sent to the page. `poses` is a section; so is `statFrames` of an encode. */
export type PageJob =
  | ({ kind: 'encode'; id: number; fps: number; statStride: number } & JobPicture)
  | ({ kind: 'ego'; id: number; rows: number[] } & JobPicture)
  | ({ kind: 'rgb'; id: number; row: number } & JobPicture)
  | ({ kind: 'top'; id: number; row: number } & JobPicture)
  /** The next frames of a stream, which begins with the first of them; the last one comes back as decoded. */
  | ({ kind: 'coded'; id: number; stream: string; fps: number } & JobPicture)
  | { kind: 'end-stream'; id: number; stream: string }
  | ({ kind: 'measure'; id: number; what: MeasuredStage } & JobPicture);

/** How far down the path a measurement goes. */
export type MeasuredStage = 'draw' | 'read' | 'convert';

export interface JobPicture {
  start: SceneStart;
  frames: number;
  widthPx: number;
  heightPx: number;
}

/**
 * Sent by the page. Sections: `encoded` avcC, data, sampleBytes, keyFrames, histogram; `pixels` one an image, as runs
 * where `rgb` was asked for, as I420 where `coded` was.
 */
export type PageReply =
  | { kind: 'ready'; glVendor: string; glRenderer: string; glVersion: string }
  /** Something still happens on job `id`. */
  | { kind: 'progress'; id: number; frames: number }
  | { kind: 'encoded'; id: number; codec: string }
  | { kind: 'pixels'; id: number }
  | { kind: 'stream-ended'; id: number }
  | { kind: 'measured'; id: number; seconds: number }
  /** One job failed; the page goes on. */
  | { kind: 'failed'; id: number; message: string }
  /** The page is of no more use. */
  | { kind: 'broken'; message: string };

const ALIGNMENT = 8;
const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Header and sections as one block of bytes. */
export function packMessage<T>(
  header: T,
  sections: readonly ArrayBufferView[] = [],
): Uint8Array<ArrayBuffer> {
  const sizes = sections.map((section) => section.byteLength);
  const json = new TextEncoder().encode(JSON.stringify({ header, sizes }));
  const start = aligned(4 + json.length);
  const bytes = new Uint8Array(start + sizes.reduce((sum, size) => sum + aligned(size), 0));
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 4);
  let at = start;
  for (const section of sections) {
    bytes.set(new Uint8Array(section.buffer, section.byteOffset, section.byteLength), at);
    at += aligned(section.byteLength);
  }
  return bytes;
}

/** The header and the sections, each in an array buffer of its own. */
export function unpackMessage<T>(bytes: Uint8Array): { header: T; sections: ArrayBuffer[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  const { header, sizes } = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  let at = aligned(4 + length);
  const sections: ArrayBuffer[] = [];
  for (const size of sizes as number[]) {
    if (at + size > bytes.length) throw new Error(`message of ${bytes.length} bytes ends inside a section`);
    sections.push(new Uint8Array(bytes.subarray(at, at + size)).buffer);
    at += aligned(size);
  }
  return { header, sections };
}
