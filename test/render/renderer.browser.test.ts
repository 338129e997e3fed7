import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EncodedVideo, EncodeRequest } from '../../render/draw-request.ts';
import { type HeadlessRenderer, openRenderer } from '../../render/renderer.ts';
import { trialScene } from '../../sim/tasks/collect-bricks/trial-scene.ts';
import { annexB } from './annex-b.ts';

const FRAMES = 45;

function request(options: Parameters<typeof trialScene>[0] = {}, fps = 10): EncodeRequest {
  const statFrames = new Uint32Array([0, 7, 30]);
  return { ...trialScene({ frames: FRAMES, ...options }), fps, statFrames, statStride: 2 };
}

let renderer: HeadlessRenderer;
beforeAll(async () => {
  renderer = await openRenderer();
});
afterAll(() => renderer.close());

/** Mean absolute error a channel, and mean error over pixels whose 9 x 9 neighbourhood is of one colour. */
function compare(video: EncodedVideo, pixels: Uint8Array[], widthPx: number, heightPx: number) {
  const rgb = execFileSync(
    'ffmpeg',
    ['-loglevel', 'error', '-f', 'h264', '-i', 'pipe:', '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:'],
    { input: annexB(video), maxBuffer: 1 << 30 },
  );
  const size = widthPx * heightPx;
  expect(rgb.length).toBe(pixels.length * size * 3);
  const error = [0, 0, 0];
  const bias = [0, 0, 0];
  let flat = 0;
  pixels.forEach((rgba, frame) => {
    const words = new Uint32Array(rgba.buffer);
    for (let i = 0; i < size; i++) {
      const isFlat = frame % 15 === 0 && isFlatAround(words, i, widthPx, heightPx);
      if (isFlat) flat++;
      for (let c = 0; c < 3; c++) {
        const difference = rgb[(frame * size + i) * 3 + c] - rgba[i * 4 + c];
        error[c] += Math.abs(difference) / (pixels.length * size);
        if (isFlat) bias[c] += difference;
      }
    }
  });
  return { error, bias: bias.map((sum) => sum / flat), flat };
}

function isFlatAround(words: Uint32Array, i: number, widthPx: number, heightPx: number): boolean {
  const [x, y] = [i % widthPx, Math.floor(i / widthPx)];
  if (x < 4 || y < 4 || x >= widthPx - 4 || y >= heightPx - 4) return false;
  for (let dy = -4; dy <= 4; dy++) {
    for (let dx = -4; dx <= 4; dx++) if (words[i + dy * widthPx + dx] !== words[i]) return false;
  }
  return true;
}

test('says what draws', () => {
  expect(['gl-egl', 'swiftshader']).toContain(renderer.stack.backend);
  expect(renderer.stack.glVersion).toMatch(/^WebGL 2/);
  expect(renderer.stack.browser).toMatch(/Chrom/);
});

test('pictures are upright: sky above, floor and the yellow loader below', async () => {
  const [pixels] = await renderer.egoPixels(request(), [0]);
  const at = (x: number, y: number) => [...pixels.subarray((y * 320 + x) * 4, (y * 320 + x) * 4 + 3)];
  const [skyR, , skyB] = at(160, 3);
  expect(skyB).toBeGreaterThan(skyR + 20);
  const [r, g, b] = at(160, 237);
  expect(r).toBeGreaterThan(150);
  expect(g).toBeGreaterThan(100);
  expect(b).toBeLessThan(80);
});

test('from above the box is top left, +x is right and +z is down', async () => {
  const scene = trialScene({ bricks: 2, frames: 1, widthPx: 200, heightPx: 200 });
  scene.poses.set([6, 0.075, -6, 0, 0, 0, 1], 5);
  scene.poses.set([-6, 0.075, 6, 0, 0, 0, 1], 12);
  const pixels = await renderer.topPixels(scene, 0);
  const at = (xM: number, zM: number) => {
    const [x, y] = [xM, zM].map((m) => Math.round(100 + (m / 8.3) * 100));
    return [...pixels.subarray((y * 200 + x) * 4, (y * 200 + x) * 4 + 3)];
  };
  const [red, , redBlue] = at(6, -6);
  expect(red).toBeGreaterThan(redBlue + 60);
  const [blueRed, , blue] = at(-6, 6);
  expect(blue).toBeGreaterThan(blueRed + 60);
  const [boxRed, , boxBlue] = at(-6, -6);
  expect(boxRed).toBeGreaterThan(boxBlue + 25);
});

test('asking for one frame gives the picture that all frames have', async () => {
  const frames = await renderer.egoPixels(request(), [3, 11]);
  const [again] = await renderer.egoPixels(request(), [11]);
  expect(Buffer.compare(frames[1], again)).toBe(0);
  expect(Buffer.compare(frames[0], again)).not.toBe(0);
});

test('a frame for a policy has the same pixels, without their fourth byte', async () => {
  const [rgba] = await renderer.egoPixels(request(), [11]);
  const rgb = rgba.filter((_, i) => i % 4 !== 3);
  const own = new Uint8Array(rgb.length);
  expect(await renderer.egoRgb(request(), 11, own)).toBe(own);
  expect(Buffer.compare(own, rgb)).toBe(0);
  expect(Buffer.compare(await renderer.egoRgb(request(), 11), rgb)).toBe(0);
});

describe('encode', () => {
  test('one sample a frame, a key frame every ten', async () => {
    const video = await renderer.encode(request());
    expect(video.sampleBytes.length).toBe(FRAMES);
    expect(video.sampleBytes.reduce((a, b) => a + b)).toBe(video.data.length);
    expect([...video.keyFrames]).toEqual(Array.from({ length: FRAMES }, (_, i) => (i % 10 === 0 ? 1 : 0)));
    expect(video.avcC[0]).toBe(1);
    expect(video.avcC[4] & 3).toBe(3);
  });

  test('the same request gives the same bytes, whatever came before and in another browser', async () => {
    const first = await renderer.encode(request());
    await renderer.encode(request({ bricks: 3, widthPx: 128, heightPx: 96 }));
    const second = await renderer.encode(request());
    const other = await openRenderer({ backend: renderer.stack.backend });
    const third = await other.encode(request()).finally(() => other.close());
    for (const video of [second, third]) {
      expect(Buffer.compare(video.data, first.data)).toBe(0);
      expect(video).toEqual(first);
    }
  });

  test('several requests at once are answered each with its own', async () => {
    const [a, b] = await Promise.all([renderer.encode(request()), renderer.encode(request({ bricks: 1 }))]);
    expect(a).toEqual(await renderer.encode(request()));
    expect(b).toEqual(await renderer.encode(request({ bricks: 1 })));
  });

  test('the histogram counts the pixels as rendered', async () => {
    const all = request();
    const { histogram } = await renderer.encode(all);
    const expected = new Uint32Array(768);
    for (const rgba of await renderer.egoPixels(all, [...all.statFrames])) {
      for (let y = 0; y < 240; y += 2) {
        for (let x = 0; x < 320; x += 2) {
          for (let c = 0; c < 3; c++) expected[c * 256 + rgba[(y * 320 + x) * 4 + c]]++;
        }
      }
    }
    expect(histogram).toEqual(expected);
  });

  test.each([
    [320, 240, 10, 3],
    [640, 480, 30, 3],
    [322, 242, 10, 3],
    // Chroma at half the resolution alone leaves 2.6 / 1.1 / 3.3 on twenty bricks this small, at any rate.
    [128, 96, 10, 4.5],
  ])('%i x %i at %i Hz decodes to what was rendered', async (widthPx, heightPx, fps, bar) => {
    const all = request({ widthPx, heightPx }, fps);
    const video = await renderer.encode(all);
    const pixels = await renderer.egoPixels(
      all,
      Array.from({ length: FRAMES }, (_, i) => i),
    );
    const { error, bias, flat } = compare(video, pixels, widthPx, heightPx);
    console.log(
      `${widthPx}x${heightPx}: error ${error.map((e) => e.toFixed(2))} bias ${bias.map((e) => e.toFixed(2))}, ${Math.round(video.data.length / FRAMES)} bytes a frame`,
    );
    expect(flat).toBeGreaterThan(100);
    for (const channel of [0, 1, 2]) {
      expect(error[channel]).toBeLessThan(bar);
      expect(Math.abs(bias[channel])).toBeLessThan(1);
    }
  });
});

test('a request that the page cannot serve is an error, and the renderer goes on', async () => {
  const tooFast = request({ frames: 3 }, 1e9);
  await expect(renderer.encode(tooFast)).rejects.toThrow(/page failed.*beyond H.264 level 5.2/);
  expect((await renderer.encode(request({ frames: 3 }))).sampleBytes.length).toBe(3);
});
