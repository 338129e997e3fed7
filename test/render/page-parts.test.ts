import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { h264Codec } from '../../render/page/h264-level.ts';
import { countPixels } from '../../render/page/histogram.ts';
import { packMessage, unpackMessage } from '../../render/page/message.ts';

describe('messages between page and host', () => {
  test('come back as they went', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }),
        (header, parts) => {
          const { header: back, sections } = unpackMessage(packMessage(header, parts));
          expect(back).toEqual(JSON.parse(JSON.stringify(header)));
          expect(sections.map((section) => [...new Uint8Array(section)])).toEqual(
            parts.map((part) => [...part]),
          );
        },
      ),
    );
  });

  test('sections can be viewed as numbers of four bytes whatever the header was', () => {
    for (let length = 0; length < 10; length++) {
      const message = packMessage('x'.repeat(length), [new Uint8Array(3), new Float32Array([1.5, -2])]);
      expect([...new Float32Array(unpackMessage(message).sections[1])]).toEqual([1.5, -2]);
    }
  });

  test('a message cut short is refused', () => {
    const message = packMessage({ kind: 'encode' }, [new Uint8Array(64)]);
    expect(() => unpackMessage(message.subarray(0, message.length - 32))).toThrow(/ends inside a section/);
  });
});

describe('h264Codec', () => {
  test.each([
    [320, 240, 10, 'avc1.42001f'],
    [640, 480, 30, 'avc1.42001f'],
    [1280, 720, 30, 'avc1.42001f'],
    [1280, 720, 60, 'avc1.420020'],
    [1920, 1080, 30, 'avc1.420028'],
    [3840, 2160, 30, 'avc1.420033'],
  ])('%i x %i at %i Hz is %s', (widthPx, heightPx, fps, codec) => {
    expect(h264Codec(widthPx, heightPx, fps)).toBe(codec);
  });

  test('names what is beyond the last level', () => {
    expect(() => h264Codec(16384, 16384, 30)).toThrow(/16384x16384 at 30 Hz/);
  });
});

test('the histogram takes every n-th pixel from the top left corner', () => {
  const pixels = new Uint8Array(5 * 4 * 4);
  for (let i = 0; i < 20; i++) pixels.set([i, 100 + i, 200 + i, 255], i * 4);
  const histogram = new Uint32Array(768);
  countPixels(pixels, 5, 4, 3, histogram);
  // Rows come bottom first: the top row is pixels 15 to 19, the fourth one 0 to 4.
  expect([...histogram.keys()].filter((bin) => histogram[bin])).toEqual(
    [0, 3, 15, 18].concat(
      [100, 103, 115, 118].map((v) => 256 + v),
      [200, 203, 215, 218].map((v) => 512 + v),
    ),
  );
});
