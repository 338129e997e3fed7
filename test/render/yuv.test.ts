import { describe, expect, test } from 'vitest';
import { i420Bytes, i420ToRgb, rgbaToI420 } from '../../render/page/yuv.ts';

/** A picture of one colour above and another below, bottom row first, as WebGL gives it. */
function twoHalves(above: number[], below: number[], widthPx: number, heightPx: number): Uint32Array {
  const bytes = new Uint8Array(widthPx * heightPx * 4);
  for (let row = 0; row < heightPx; row++) {
    const color = row < heightPx / 2 ? below : above;
    for (let x = 0; x < widthPx; x++) bytes.set([...color, 255], (row * widthPx + x) * 4);
  }
  return new Uint32Array(bytes.buffer);
}

function converted(above: number[], below: number[]): Uint8Array {
  const out = new Uint8Array(i420Bytes(8, 4));
  rgbaToI420(twoHalves(above, below, 8, 4), 8, 4, out);
  return out;
}

/** BT.601 limited range in exact arithmetic. */
function exactRgb(y: number, u: number, v: number): number[] {
  const luma = ((y - 16) * 255) / 219;
  const [cb, cr] = [((u - 128) * 255) / 224, ((v - 128) * 255) / 224];
  return [luma + 1.402 * cr, luma - 0.344136 * cb - 0.714136 * cr, luma + 1.772 * cb];
}

describe('rgbaToI420', () => {
  test('puts the top row first', () => {
    const out = converted([255, 255, 255], [0, 0, 0]);
    expect([...out.subarray(0, 16)]).toEqual(Array(16).fill(236));
    expect([...out.subarray(16, 32)]).toEqual(Array(16).fill(17));
  });

  test('is BT.601 limited range, to within two levels of exact arithmetic for every colour', () => {
    for (let r = 0; r < 256; r += 51) {
      for (let g = 0; g < 256; g += 51) {
        for (let b = 0; b < 256; b += 51) {
          const out = converted([r, g, b], [r, g, b]);
          const back = exactRgb(out[0], out[32], out[32 + 8]);
          [r, g, b].forEach((value, i) => {
            expect(Math.abs(back[i] - value), `${[r, g, b]} -> ${back}`).toBeLessThan(3);
          });
        }
      }
    }
  });

  test('takes chroma from the mean of two by two pixels', () => {
    const pixels = new Uint8Array(2 * 2 * 4);
    pixels.set([255, 0, 0, 255, 255, 0, 0, 255, 0, 0, 255, 255, 0, 0, 255, 255]);
    const out = new Uint8Array(i420Bytes(2, 2));
    rgbaToI420(new Uint32Array(pixels.buffer), 2, 2, out);
    expect(Math.abs(out[4] - (128 + (0.5 - 0.168736) * 0.5 * 224))).toBeLessThan(1);
    expect(Math.abs(out[5] - (128 + (0.5 - 0.081312) * 0.5 * 224))).toBeLessThan(1);
  });
});

describe('i420ToRgb', () => {
  const rgbOf = (y: number, u: number, v: number): number[] => [
    ...i420ToRgb(Uint8Array.of(y, y, y, y, u, v), 2, 2, new Uint8Array(12)).subarray(0, 3),
  ];

  // Of ffmpeg 5.1: -f rawvideo -pix_fmt yuv420p to rgb24, default flags.
  test.each([
    [
      [16, 128, 128],
      [0, 0, 0],
    ],
    [
      [235, 128, 128],
      [255, 255, 255],
    ],
    [
      [0, 0, 0],
      [0, 135, 0],
    ],
    [
      [255, 255, 255],
      [255, 124, 255],
    ],
    [
      [81, 90, 240],
      [253, 0, 0],
    ],
    [
      [145, 54, 34],
      [0, 254, 0],
    ],
    [
      [41, 240, 110],
      [0, 0, 254],
    ],
    [
      [100, 130, 120],
      [84, 102, 101],
    ],
  ])('of %j is %j, as libswscale has it', (yuv, rgb) => {
    expect(rgbOf(yuv[0], yuv[1], yuv[2])).toEqual(rgb);
  });

  test('takes the chroma of its square', () => {
    const i420 = new Uint8Array(i420Bytes(4, 2)).fill(128);
    i420.set([90, 240], 8 + 1);
    const rgb = i420ToRgb(i420, 4, 2, new Uint8Array(4 * 2 * 3));
    const pixel = (x: number, y: number): number[] => [...rgb.subarray((y * 4 + x) * 3, (y * 4 + x) * 3 + 3)];
    for (const y of [0, 1]) {
      expect(pixel(1, y)).toEqual(pixel(0, y));
      expect(pixel(3, y)).toEqual(pixel(2, y));
      expect(pixel(2, y)).not.toEqual(pixel(1, y));
    }
  });

  test('refuses bytes of another size', () => {
    expect(() => i420ToRgb(new Uint8Array(6), 2, 2, new Uint8Array(11))).toThrow('2 x 2 pixels into 11');
  });
});
