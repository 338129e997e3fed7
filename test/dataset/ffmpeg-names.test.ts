/** Names that ffmpeg, its library or a shell might take for something else than one file. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { contactSheet } from '../../dataset/contact-sheet.ts';
import { decodedEpisode, decodeFrames, decodeTimes, encodeVideo } from '../../dataset/ffmpeg.ts';
import { convertToLerobot } from '../../dataset/hdf5/from-hdf5.ts';
import { convertToHdf5 } from '../../dataset/hdf5/to-hdf5.ts';
import { mp4Head } from '../../dataset/mp4.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { validateDataset } from '../../dataset/validate.ts';
import { FIXTURE_SIZE, patternedVideo } from './patterned-video.ts';
import { FPS, madeUpRecord } from './records.ts';
import { writeAll } from './small-dataset.ts';

const folder = mkdtempSync(join(tmpdir(), 'brickyard-names-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => void vi.restoreAllMocks());

const FRAMES = 6;
const video = patternedVideo({ episode: 0, frames: FRAMES, fps: FPS });
const bytes = Buffer.concat([mp4Head([video], FPS).bytes, video.data]);
const size = { fps: FPS, ...FIXTURE_SIZE };

const NAMES = [
  '-y.mp4',
  '--help',
  'frame-%d.mp4',
  'a"b\'c`$(id).mp4',
  'two\nlines.mp4',
  'concat:a|b.mp4',
  'pipe:0',
  'http:x.mp4',
  'subfile,,start,0,end,9,,:x.mp4',
  ' spaces .mp4 ',
  '[0:v],[x];y=z.mp4',
  '*?{a,b}.mp4',
  'back\\slash.mp4',
  '\u202eü😀.mp4',
];

describe.each(NAMES)('a file called %j', (name) => {
  it('is written and read by its relative name', async () => {
    const place = mkdtempSync(join(folder, 'files-'));
    vi.spyOn(process, 'cwd').mockReturnValue(place);
    const pictures = Array.from({ length: FRAMES }, (_, i) =>
      new Uint8Array(FIXTURE_SIZE.widthPx * FIXTURE_SIZE.heightPx * 3).fill(i * 40),
    );
    await encodeVideo(name, pictures, size);
    expect(readdirSync(place)).toEqual([name]);

    writeFileSync(join(place, name), bytes);
    expect((await decodeTimes(name)).timesS).toHaveLength(FRAMES);
    expect(await decodeFrames({ path: name, fromS: 0, frames: [0, FRAMES - 1], ...size })).toHaveLength(2);
    let frames = 0;
    for await (const _ of decodedEpisode({ path: name, fromS: 0, count: FRAMES, ...size })) frames++;
    expect(frames).toBe(FRAMES);
  });
});

describe('a dataset in a folder with a name for ffmpeg', () => {
  it.each(['-i %03d "x"', "concat:a|b\n'pipe:'"])(
    '%j is previewed, validated and converted',
    async (name) => {
      const place = mkdtempSync(join(folder, 'sets-'));
      const root = join(place, name);
      const some = [madeUpRecord({ episode: 0, frames: FRAMES, video })];
      await writeAll({ out: root, some });
      const reader = await DatasetReader.open(root);
      expect((await validateDataset(reader, { minEpisodes: 1, deep: true })).faults).toEqual([]);
      await contactSheet(reader, { episodes: 1, columns: 2, tileWidthPx: 32 });
      const hdf5 = join(place, `${name} as hdf5`);
      await convertToHdf5({ root, out: hdf5, command: 'x', compression: 1 });
      const back = join(place, `${name} back`);
      await convertToLerobot({ root: hdf5, out: back, command: 'x' });
      expect(
        await validateDataset(await DatasetReader.open(back), { minEpisodes: 1, deep: true }),
      ).toMatchObject({
        ...{ ok: true, episodes: 1, frames: FRAMES },
      });
    },
  );
});

it('a reader that stops early leaves no decoder behind', async () => {
  const path = join(folder, 'stopped.mp4');
  // More frames than the pipes hold, or the decoder would end by itself.
  await encodeVideo(path, blankFrames(400), { fps: 10, widthPx: 256, heightPx: 256 });
  const before = childrenOf(process.pid);
  const request = { path, fromS: 0, fps: 10, count: 400, widthPx: 256, heightPx: 256 };
  for await (const _ of decodedEpisode(request)) break;
  await vi.waitFor(() => expect(childrenOf(process.pid)).toEqual(before), 20_000);
});

function* blankFrames(count: number): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield new Uint8Array(256 * 256 * 3);
}

/** All threads' children: the decoder is a child of whichever thread started it. */
function childrenOf(pid: number): string[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  const read = (thread: string) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8');
  return threads.flatMap((thread) => read(thread).split(' ').filter(Boolean)).sort();
}

describe('a file called video.mp4 that points at others', () => {
  const place = join(folder, 'pointers');
  mkdirSync(place);
  writeFileSync(join(place, 'secret.mp4'), bytes);
  it.each([
    ['a playlist', '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nsecret.mp4\n#EXT-X-ENDLIST\n'],
    ['a list to concatenate', 'ffconcat version 1.0\nfile secret.mp4\n'],
    [
      'a session description',
      'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n',
    ],
  ])('is refused when it is %s', async (_kind, text) => {
    const path = join(place, 'video.mp4');
    writeFileSync(path, text);
    await expect(decodeTimes(path)).rejects.toThrow(/could not decode/);
    await expect(decodeFrames({ path, fromS: 0, frames: [0], ...size })).rejects.toThrow(/could not decode/);
  });
});
