/** What ffmpeg reads from a pipe: start codes instead of lengths, parameter sets in front. */
import type { EncodedVideo } from '../../render/draw-request.ts';

const START_CODE = Buffer.from([0, 0, 0, 1]);

export function annexB({ avcC, data }: EncodedVideo): Buffer {
  const parts: Uint8Array[] = [];
  let at = 6;
  for (const mask of [0x1f, 0xff]) {
    const sets = avcC[at - 1] & mask;
    for (let i = 0; i < sets; i++) {
      const length = (avcC[at] << 8) | avcC[at + 1];
      parts.push(START_CODE, avcC.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    at += 1;
  }
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  for (let from = 0; from < data.length; ) {
    const length = view.getUint32(from);
    parts.push(START_CODE, data.subarray(from + 4, from + 4 + length));
    from += 4 + length;
  }
  return Buffer.concat(parts);
}
