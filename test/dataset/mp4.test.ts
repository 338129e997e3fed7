import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { pictureOfAvcC, pictureOfSps } from '../../dataset/h264.ts';
import { mp4Head } from '../../dataset/mp4.ts';
import { Mp4Error, readMp4 } from '../../dataset/mp4-reader.ts';
import { avcC } from './annex-b.ts';
import { madeUpVideo } from './made-up-video.ts';

const folder = mkdtempSync(join(tmpdir(), 'brickyard-mp4-'));
afterAll(() => rmSync(folder, { recursive: true }));

function writeFile(
  videos: ReturnType<typeof madeUpVideo>[],
  fps: number,
): { path: string; head: Uint8Array } {
  const { bytes, totalBytes } = mp4Head(videos, fps);
  const file = Buffer.concat([bytes, ...videos.map((video) => video.data)]);
  expect(file.length).toBe(totalBytes);
  const path = join(folder, 'some.mp4');
  writeFileSync(path, file);
  return { path, head: bytes };
}

describe('mp4', () => {
  it('has every sample where its bytes are, at frame / fps, in one run of equal durations', async () => {
    const episodes = fc.array(fc.record({ frames: fc.integer({ min: 1, max: 50 }), seed: fc.nat(1000) }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(episodes, fc.constantFrom(5, 10, 12, 30, 60), async (options, fps) => {
        const videos = options.map(madeUpVideo);
        const { path, head } = writeFile(videos, fps);
        const video = await readMp4(path);
        expect([...video.sampleBytes]).toEqual(videos.flatMap((some) => [...some.sampleBytes]));
        let offset = head.length;
        video.sampleBytes.forEach((bytes, i) => {
          expect(video.sampleOffsets[i]).toBe(offset);
          expect(video.shownAt[i] / video.timescale).toBe(i / fps);
          offset += bytes;
        });
        expect(video.durationRuns).toHaveLength(1);
        const keys = videos.flatMap((some) => [...some.keyFrames]);
        expect(keys.map((_, i) => (video.isKey(i) ? 1 : 0))).toEqual(keys);
        expect([video.widthPx, video.heightPx, video.codec]).toEqual([96, 64, 'avc1']);
        expect(video.avcC).toEqual(videos[0].avcC);
      }),
      { numRuns: 60 },
    );
  });

  it('puts moov before mdat and reads no clock', () => {
    const video = madeUpVideo({ frames: 12, seed: 1 });
    const head = Buffer.from(mp4Head([video], 10).bytes);
    expect(head.indexOf('moov')).toBeLessThan(head.indexOf('mdat'));
    const creationTime = head.subarray(head.indexOf('mvhd') + 8, head.indexOf('mvhd') + 16);
    expect(creationTime.every((byte) => byte === 0)).toBe(true);
  });

  it('refuses episodes of another encoder setting and episodes that begin without a key frame', () => {
    const video = madeUpVideo({ frames: 12, seed: 1 });
    const other = { ...video, avcC: video.avcC.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) };
    expect(() => mp4Head([video, other], 10)).toThrow(/different settings/);
    expect(() => mp4Head([{ ...video, keyFrames: new Uint8Array(12) }], 10)).toThrow(/key frame/);
  });

  it('says what is wrong with a file that is cut short or no MP4', async () => {
    const { path, head } = writeFile([madeUpVideo({ frames: 30, seed: 2 })], 10);
    const cut = join(folder, 'cut.mp4');
    for (const length of [0, 5, 40, head.length - 8, head.length + 3]) {
      writeFileSync(cut, readFileSync(path).subarray(0, length));
      await expect(readMp4(cut)).rejects.toThrow(Mp4Error);
    }
    writeFileSync(cut, 'this is a text of some length and nothing else');
    await expect(readMp4(cut)).rejects.toThrow(Mp4Error);
  });
});

describe('h264', () => {
  it('reads size and colour from parameter sets of other encoders', () => {
    // x264, high profile, 1080p cropped from 1088, tagged BT.709 limited.
    const high = Buffer.from('67640028acd940780227e5c05a808080a0000003002000000781e30632c0', 'hex');
    expect(pictureOfSps(high)).toEqual({
      ...{ widthPx: 1920, heightPx: 1080, fullRange: false },
      colour: { primaries: 1, transfer: 1, matrix: 1 },
    });
  });

  it('refuses what is no decoder configuration', () => {
    expect(() => pictureOfAvcC(new Uint8Array(3))).toThrow();
    expect(
      pictureOfAvcC(
        avcC(
          Buffer.from('6742c00ada189a1000000300100000030140f1226a', 'hex'),
          Buffer.from('68ce02bc80', 'hex'),
        ),
      ),
    ).toMatchObject({ widthPx: 96, heightPx: 64, colour: null });
  });
});
