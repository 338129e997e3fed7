import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { pictureSheet, SHEET_DEFAULTS } from '../../render/picture-sheet.ts';
import { glyph } from '../../render/pixel-font.ts';

const red = (widthPx: number, heightPx: number, caption?: string) => ({
  rgba: new Uint8Array(widthPx * heightPx * 4).map((_, i) => (i % 4 === 0 || i % 4 === 3 ? 255 : 0)),
  widthPx,
  heightPx,
  caption,
});

function pixelAt(sheet: ReturnType<typeof decode>, x: number, y: number): number[] {
  const at = (y * sheet.width + x) * sheet.channels;
  return [...sheet.data.slice(at, at + 3)];
}

test('lays tiles out in rows with a gap around each', () => {
  const sheet = decode(pictureSheet([red(20, 10), red(20, 10), red(20, 10)], { columns: 2, gapPx: 4 }));
  expect([sheet.width, sheet.height]).toEqual([4 + 2 * 24, 4 + 2 * 14]);
  expect(pixelAt(sheet, 4, 4)).toEqual([255, 0, 0]);
  expect(pixelAt(sheet, 28, 4)).toEqual([255, 0, 0]);
  expect(pixelAt(sheet, 4, 18)).toEqual([255, 0, 0]);
  expect(pixelAt(sheet, 28, 18)).toEqual([...SHEET_DEFAULTS.backgroundRgb]);
  expect(pixelAt(sheet, 3, 3)).toEqual([...SHEET_DEFAULTS.backgroundRgb]);
});

test('writes captions under their tiles and keeps them within', () => {
  const plain = decode(pictureSheet([red(60, 10)], { gapPx: 4 }));
  const sheet = decode(pictureSheet([red(60, 10, 'a caption far too long for sixty pixels')], { gapPx: 4 }));
  expect(sheet.width).toBe(plain.width);
  const inked = [];
  for (let y = 14; y < sheet.height; y++) {
    for (let x = 0; x < sheet.width; x++) if (pixelAt(sheet, x, y)[0] < 100) inked.push(x);
  }
  expect(inked.length).toBeGreaterThan(50);
  expect(Math.min(...inked)).toBeGreaterThanOrEqual(4);
  expect(Math.max(...inked)).toBeLessThan(64);
});

test('every printable character has a glyph of its own', () => {
  const seen = new Map<string, string>();
  for (let code = 32; code < 127; code++) {
    const dots = [...glyph(String.fromCharCode(code))].join();
    expect(seen.get(dots), `${String.fromCharCode(code)} looks like ${seen.get(dots)}`).toBeUndefined();
    seen.set(dots, String.fromCharCode(code));
  }
  expect(glyph('é')).toBe(glyph('?'));
});
