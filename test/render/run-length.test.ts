import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRuns, encodeRuns } from '../../render/page/run-length.ts';

/** Words of a picture, few colours, so that runs come about. */
const picture = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 30 }))
  .chain(([widthPx, heightPx]) =>
    fc.record({
      widthPx: fc.constant(widthPx),
      heightPx: fc.constant(heightPx),
      rgba: fc
        .array(fc.constantFrom(0xff000000, 0xffffffff, 0xff0102fe, 0x00fe0201), {
          minLength: widthPx * heightPx,
          maxLength: widthPx * heightPx,
        })
        .map((words) => Uint32Array.from(words)),
    }),
  );

/** RGB of the words, top row first. */
function uprightRgb(rgba: Uint32Array, widthPx: number, heightPx: number): number[] {
  const rgb: number[] = [];
  for (let y = heightPx - 1; y >= 0; y--)
    for (const word of rgba.subarray(y * widthPx, (y + 1) * widthPx))
      rgb.push(word & 255, (word >>> 8) & 255, (word >>> 16) & 255);
  return rgb;
}

describe('runs of a picture', () => {
  it('give back each pixel, turned upright', () => {
    fc.assert(
      fc.property(picture, ({ rgba, widthPx, heightPx }) => {
        const runs = encodeRuns(rgba, widthPx, heightPx);
        expect([...decodeRuns(runs, new Uint8Array(widthPx * heightPx * 3))]).toEqual(
          uprightRgb(rgba, widthPx, heightPx),
        );
      }),
    );
  });

  it('are few where one colour goes on, across rows too', () => {
    const flat = new Uint32Array(320 * 240).fill(0xff336699);
    expect(encodeRuns(flat, 320, 240)).toHaveLength(300);
  });

  it('are refused where they are of another picture', () => {
    const runs = encodeRuns(new Uint32Array(64), 8, 8);
    expect(() => decodeRuns(runs, new Uint8Array(65 * 3))).toThrow('of 64 pixels, wanted 65');
    expect(() => decodeRuns(runs, new Uint8Array(63 * 3))).toThrow('of 64 pixels, wanted 63');
  });
});
