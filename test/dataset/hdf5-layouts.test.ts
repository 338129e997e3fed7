/** `convert --to lerobot` on files of other recorders: what is kept, under which name, and what is named as left out. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodedEpisode } from '../../dataset/ffmpeg.ts';
import { convertToLerobot } from '../../dataset/hdf5/from-hdf5.ts';
import { convertToHdf5 } from '../../dataset/hdf5/to-hdf5.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { writeForeign } from './foreign-dataset.ts';
import { actItems, FRAMES, type Hdf5Item, hdf5Folder, pixels, rowsOf, SIZE } from './hdf5-files.ts';
import { faultsOf } from './small-dataset.ts';

let folder: string;
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-hdf5-layouts-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function converted(items: Record<string, Hdf5Item>, given: Parameters<typeof hdf5Folder>[2] = {}) {
  const root = await hdf5Folder(join(folder, `given-${count++}`), items, given);
  const out = join(folder, `made-${count++}`);
  const result = await convertToLerobot({ root, out, command: 'convert' });
  expect(await faultsOf(out)).toEqual([]);
  const reader = await DatasetReader.open(out);
  const rows = await reader.episodes();
  return { out, result, reader, rows, columns: await reader.episodeColumns(rows[0]) };
}

/** Pixels of a frame as the dataset shows them. */
async function framesOf(reader: DatasetReader, row: Awaited<ReturnType<DatasetReader['episodes']>>[number]) {
  const { path, fromS } = reader.videoRange(row, reader.cameraKeys[0]);
  const frames: Uint8Array[] = [];
  const request = { path, fromS, fps: reader.info.fps, count: row.length, ...SIZE };
  for await (const frame of decodedEpisode(request)) frames.push(frame.slice());
  return frames;
}

/** Mean difference of all frames, in levels. */
function difference(frames: Uint8Array[], expected: Uint8Array): number {
  const all = Buffer.concat(frames);
  expect(all.length).toBe(expected.length);
  return all.reduce((sum, level, i) => sum + Math.abs(level - expected[i]), 0) / all.length;
}

/** JPEG or PNG files of the pictures of `pixels()`. */
function pictureFiles(format: 'mjpeg' | 'png'): Uint8Array[] {
  const { data } = pixels();
  const size = (data as Uint8Array).length / FRAMES;
  return Array.from({ length: FRAMES }, (_, i) => {
    const { widthPx, heightPx } = SIZE;
    const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${widthPx}x${heightPx}`, '-i', '-'];
    const output = ['-frames:v', '1', '-q:v', '1', '-c:v', format, '-f', 'image2pipe', '-'];
    const frame = (data as Uint8Array).subarray(i * size, (i + 1) * size);
    return spawnSync('ffmpeg', ['-v', 'error', ...input, ...output], { input: frame }).stdout;
  });
}

/** As ALOHA stores them: each filled with zeros to the length of the longest. */
function padded(files: Uint8Array[]): Hdf5Item {
  const longest = Math.max(...files.map((file) => file.length)) + 7;
  const data = new Uint8Array(files.length * longest);
  for (const [i, file] of files.entries()) data.set(file, i * longest);
  return { data, shape: [files.length, longest] };
}

describe("ALOHA's layout", () => {
  it('keeps velocity, effort, the base and whatever else has a row for each frame', async () => {
    const { columns, result, reader, out } = await converted({
      ...actItems(),
      'observations/qvel': rowsOf(3),
      'observations/effort': rowsOf(3),
      base_action: rowsOf(2),
      'observations/gripper/force': { data: new Int32Array([1, 2, 3, 4]), shape: [FRAMES] },
      'observations/images_depth/top': { data: new Uint16Array(FRAMES * 40 * 40), shape: [FRAMES, 40, 40] },
      calibration: { data: new Float64Array(9), shape: [3, 3] },
      operator: { data: ['a', 'b', 'c', 'd'], shape: [FRAMES] },
    });
    const expected = [...(rowsOf(3).data as Float32Array)];
    for (const name of ['observation.velocity', 'observation.effort', 'observation.state'])
      expect([...columns[name].values]).toEqual(expected);
    expect([...columns.base_action.values]).toEqual([...(rowsOf(2).data as Float32Array)]);
    expect([...columns['observation.gripper.force'].values]).toEqual([1, 2, 3, 4]);
    expect(reader.info.features['observation.gripper.force'].dtype).toBe('int32');
    expect(result.losses.map(({ what, why }) => `${what}: ${why}`)).toEqual([
      '/calibration (3 x 3 of float64): left out: it has 3 rows, the episode has 4',
      expect.stringMatching(
        /^\/observations\/images_depth\/top \(frames x 40 x 40 of uint16\): left out: 1600 numbers/,
      ),
      '/operator (frames of text): left out: text has no place among the columns',
    ]);
    const metadata = JSON.parse(readFileSync(join(out, 'metadata.json'), 'utf8'));
    expect(metadata.derived_from.losses).toEqual(result.losses);
  });

  it('says that states of 64 bits are rounded, and names unknown attributes', async () => {
    const items = {
      ...actItems(),
      'observations/qpos': { data: new Float64Array(12).fill(0.1), shape: [FRAMES, 3] },
    };
    const { result, reader } = await converted(items, { attributes: { fps: 50, task: 'lift', site: 'lab' } });
    expect(reader.info.features['observation.state'].dtype).toBe('float32');
    expect(result.losses).toEqual([
      { what: 'the attribute "site"', why: expect.stringContaining('left out'), episodes: 1 },
      { what: '/observations/qpos', why: expect.stringContaining('it is float64'), episodes: 1 },
    ]);
  });

  it.each(['mjpeg', 'png'] as const)('decodes %s files padded with zeros', async (format) => {
    const items = { ...actItems(), 'observations/images/top': padded(pictureFiles(format)) };
    const lengths = { compress_len: { data: new Float64Array(FRAMES), shape: [1, FRAMES] } };
    const { reader, rows } = await converted({ ...items, ...lengths });
    expect(reader.info.features['observation.images.top'].shape).toEqual([SIZE.heightPx, SIZE.widthPx, 3]);
    expect(difference(await framesOf(reader, rows[0]), pixels().data as Uint8Array)).toBeLessThan(4);
  });

  it('puts planes of red, green and blue together', async () => {
    const { reader, rows } = await converted({
      ...actItems(),
      'observations/images/top': pixels({ isPlanar: true }),
    });
    expect(difference(await framesOf(reader, rows[0]), pixels().data as Uint8Array)).toBeLessThan(4);
  });
});

describe('convert there and back', () => {
  it('keeps the task of each frame where an episode has several', async () => {
    const root = writeForeign(join(folder, `given-${count++}`), {
      ...{ lengths: [5, 3], tasks: ['pick', 'place'] },
      taskOf: (episode, frame) => (episode === 0 && frame > 2 ? 1 : 0),
      episodeColumns: [{ column: { name: 'site', leaf: 'string' }, values: ['a', 'b'] }],
    });
    const [hdf5, out] = [0, 1].map(() => join(folder, `made-${count++}`));
    const { losses } = await convertToHdf5({ root, out: hdf5, command: 'convert', compression: 0 });
    expect(losses).toEqual([
      { what: 'the column site of meta/episodes', why: expect.stringContaining('left out') },
    ]);
    await convertToLerobot({ root: hdf5, out, command: 'convert' });
    expect(await faultsOf(out)).toEqual([]);
    const reader = await DatasetReader.open(out);
    expect(await reader.tasks()).toEqual(['pick', 'place']);
    const rows = await reader.episodes();
    expect(rows.map((row) => row.tasks)).toEqual([['pick', 'place'], ['pick']]);
    expect([...(await reader.episodeColumns(rows[0])).task_index.values]).toEqual([0, 0, 0, 1, 1]);
  });
});

describe('pictures that cannot be read', () => {
  const { widthPx, heightPx } = SIZE;
  const all = FRAMES * widthPx * heightPx;
  const shape = [FRAMES, heightPx, widthPx, 3];
  const damaged = (): Hdf5Item => {
    const item = padded(pictureFiles('mjpeg'));
    (item.data as Uint8Array).fill(0xff, item.shape![1] * 2, item.shape![1] * 2 + 3);
    return item;
  };
  const broken = (): Hdf5Item => {
    const item = padded(pictureFiles('mjpeg'));
    const [, length] = item.shape!;
    // The header stays; most of what was coded is lost.
    (item.data as Uint8Array).fill(0, length * 2 - Math.floor(length / 3), length * 2);
    return item;
  };
  const odd = { data: new Uint8Array(FRAMES * 15 * 32 * 3), shape: [FRAMES, 15, 32, 3] };
  const cases: [string, () => Hdf5Item, RegExp][] = [
    ['floating-point levels', () => ({ data: new Float32Array(all * 3), shape }), /range is not known/],
    ['16-bit levels', () => ({ data: new Uint16Array(all * 3), shape }), /cannot be decoded/],
    [
      'one colour',
      () => ({ data: new Uint8Array(all), shape: [FRAMES, heightPx, widthPx, 1] }),
      /three colours/,
    ],
    ['fewer pictures than rows', () => pixels({ frames: 3 }), /has 3 pictures, the episode has 4/],
    ['an odd height', () => odd, /32x15; both sides must be even/],
    ['a damaged JPEG', damaged, /picture 2 of 4, is neither JPEG nor PNG \(4 x \d+ of uint8\)/],
    ['a JPEG that ends early', broken, /pictures could be decoded|could not decode/],
    [
      'bytes that are no picture',
      () => ({ data: new Uint8Array(40), shape: [FRAMES, 10] }),
      /neither JPEG nor PNG/,
    ],
  ];
  it.each(cases)('are refused with file, path and shape: %s', async (_name, item, message) => {
    const root = await hdf5Folder(join(folder, `given-${count++}`), {
      ...actItems(),
      'observations/images/top': item(),
    });
    const out = join(folder, `made-${count++}`);
    const converting = convertToLerobot({ root, out, command: 'convert' });
    await expect(converting).rejects.toThrow(message);
    await expect(converting).rejects.toThrow(/episode_0\.hdf5.*\/observations\/images\/top/);
    await expect(converting).rejects.toMatchObject({ name: 'InputError' });
  });
});

describe("robomimic's layout", () => {
  it('makes an episode of each demonstration, in the order of their numbers', async () => {
    const demo = (name: string, frames: number): Record<string, Hdf5Item> => ({
      [`data/${name}/actions`]: rowsOf(7, frames),
      [`data/${name}/states`]: rowsOf(5, frames),
      [`data/${name}/rewards`]: { data: new Float64Array(frames), shape: [frames] },
      [`data/${name}/dones`]: { data: new BigInt64Array(frames).fill(1n, frames - 1), shape: [frames] },
      [`data/${name}/obs/agentview_image`]: pixels({ frames }),
      [`data/${name}/obs/robot0_eef_pos`]: rowsOf(3, frames),
      [`data/${name}/obs/robot0_gripper_qpos`]: rowsOf(2, frames),
      [`data/${name}/obs/object`]: rowsOf(10, frames),
      [`data/${name}/next_obs/object`]: rowsOf(10, frames),
    });
    const items = {
      ...demo('demo_10', 6),
      ...demo('demo_2', FRAMES),
      'mask/train': { data: ['demo_2'], shape: [1] },
    };
    const env = { env_name: 'Lift', env_kwargs: { control_freq: 20 } };
    const then = (file: { get(path: string): unknown }) => {
      const data = file.get('data') as { create_attribute(name: string, value: string): void };
      data.create_attribute('env_args', JSON.stringify(env));
    };
    const { rows, reader, columns, result } = await converted(items, { attributes: {}, then });
    expect(rows.map((row) => row.length)).toEqual([FRAMES, 6]);
    expect(reader.info.fps).toBe(20);
    expect(await reader.tasks()).toEqual(['Lift']);
    expect(reader.info.features['observation.state'].names).toEqual([
      ...['robot0_eef_pos_0', 'robot0_eef_pos_1', 'robot0_eef_pos_2'],
      ...['robot0_gripper_qpos_0', 'robot0_gripper_qpos_1'],
    ]);
    expect([...columns['observation.state'].values.subarray(5, 10)].map((value) => value * 64)).toEqual([
      3, 4, 5, 2, 3,
    ]);
    expect([...columns['next.done'].values]).toEqual([0, 0, 0, 1]);
    expect(reader.cameraKeys).toEqual(['observation.images.agentview']);
    expect(result.losses.map(({ what, episodes }) => [what, episodes])).toEqual([
      ['/data/demo_*/next_obs/object (frames x 10 of float32)', 2],
      ['/mask/train (1 of text)', 1],
      ['the attribute "env_args"', 1],
    ]);
  });
});
