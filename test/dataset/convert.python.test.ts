/** HDF5 files as h5py sees them, and the way back. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodedEpisode } from '../../dataset/ffmpeg.ts';
import { convertToLerobot } from '../../dataset/hdf5/from-hdf5.ts';
import { convertToHdf5 } from '../../dataset/hdf5/to-hdf5.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { validateDataset } from '../../dataset/validate.ts';
import { testPython } from '../python.ts';
import { FIXTURE_SIZE, patternedVideo } from './patterned-video.ts';
import { FPS, madeUpRecord } from './records.ts';
import { writeAll } from './small-dataset.ts';

const LENGTHS = [40, 25];
let python: string;
let folder: string;
let original: string;
let hdf5: string;
beforeAll(async () => {
  python = testPython();
  folder = mkdtempSync(join(tmpdir(), 'brickyard-convert-'));
  [original, hdf5] = ['original', 'hdf5'].map((name) => join(folder, name));
  const some = LENGTHS.map((frames, episode) =>
    madeUpRecord({ episode, frames, video: patternedVideo({ episode, frames, fps: FPS }) }),
  );
  await writeAll({ out: original, some });
  await convertToHdf5({ root: original, out: hdf5, command: 'convert', compression: 1 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function runPython(script: string): Record<string, unknown> {
  const { stdout, stderr } = spawnSync(python, ['-c', script, hdf5], { encoding: 'utf8' });
  if (!stdout.startsWith('{')) throw new Error(stderr.slice(-2000));
  return JSON.parse(stdout);
}

async function framesOf(root: string, episode: number): Promise<Uint8Array[]> {
  const reader = await DatasetReader.open(root);
  const row = (await reader.episodes())[episode];
  const { path, fromS } = reader.videoRange(row, reader.cameraKeys[0]);
  const frames: Uint8Array[] = [];
  const request = { path, fromS, fps: FPS, count: row.length, ...FIXTURE_SIZE };
  for await (const frame of decodedEpisode(request)) frames.push(frame.slice());
  return frames;
}

describe('convert', () => {
  it('writes files that h5py reads, in the layout of ACT, with the values of the dataset', async () => {
    const report = runPython(`
import h5py, json, sys
f = h5py.File(sys.argv[1] + '/episode_1.hdf5')
shown = {k: [str(f[k].dtype), list(f[k].shape)] for k in ['observations/images/ego', 'observations/qpos', 'action', 'columns/label_valid']}
attrs = {k: f.attrs[k] for k in ['task', 'scenario', 'state_names']}
print(json.dumps({'shown': shown, 'attrs': attrs, 'sim': bool(f.attrs['sim']), 'fps': float(f.attrs['fps']), 'qpos': f['observations/qpos'][7].tolist(), 'frame': int(f['observations/images/ego'][24].astype(int).sum())}))`);
    const { columns } = await readEpisode(original, 1);
    const frames = await framesOf(original, 1);
    expect(report).toEqual({
      shown: {
        'observations/images/ego': ['uint8', [25, 64, 96, 3]],
        'observations/qpos': ['float32', [25, 4]],
        action: ['float32', [25, 4]],
        'columns/label_valid': ['uint8', [25]],
      },
      attrs: {
        task: 'put the bricks into the box',
        scenario: 'few',
        state_names: 'loader_x,loader_z,loader_rotation,legos_remaining',
      },
      ...{ sim: true, fps: FPS },
      qpos: [...columns['observation.state'].values.subarray(28, 32)],
      frame: frames[24].reduce((a, b) => a + b, 0),
    });
  });

  it('comes back with all columns to the bit, its provenance, and pictures within the codec', async () => {
    const out = join(folder, 'back');
    await convertToLerobot({ root: hdf5, out, command: 'convert' });
    const reader = await DatasetReader.open(out);
    expect((await validateDataset(reader, { minEpisodes: 1, deep: true })).faults).toEqual([]);
    for (let episode = 0; episode < LENGTHS.length; episode++) {
      const [mine, theirs] = [out, original].map((root) => readEpisode(root, episode));
      expect((await mine).columns).toEqual((await theirs).columns);
      expect((await mine).row.provenance).toEqual({
        ...(await theirs).row.provenance,
        contentSha256: (await mine).row.provenance?.contentSha256,
      });
      const [after, before] = [await framesOf(out, episode), await framesOf(original, episode)];
      // Coded a second time: on average within 3 of 255 levels.
      expect(after).toHaveLength(before.length);
      after.forEach((frame, i) => {
        expect(meanDifference(frame, before[i])).toBeLessThan(3);
      });
    }
  });

  it("reads ACT's own files, which name no features and no frame rate", async () => {
    const act = join(folder, 'act');
    runPython(`
import h5py, numpy as np, os
os.makedirs(${JSON.stringify(act)})
for k in range(2):
    with h5py.File(${JSON.stringify(act)} + f'/episode_{k}.hdf5', 'w') as f:
        f.attrs['sim'] = True
        f['observations/images/top'] = np.full((12, 48, 64, 3), 40 * k, np.uint8)
        f['observations/qpos'] = np.random.rand(12, 14).astype(np.float32)
        f['action'] = np.random.rand(12, 14).astype(np.float32)
print('{}')`);
    const out = join(folder, 'act-lerobot');
    await expect(convertToLerobot({ root: act, out, command: 'convert' })).rejects.toThrow('give --fps');
    expect(existsSync(out)).toBe(false);
    await convertToLerobot({ root: act, out, command: 'convert', fps: 50, task: 'transfer the cube' });
    const reader = await DatasetReader.open(out);
    expect((await validateDataset(reader, { minEpisodes: 1, deep: true })).faults).toEqual([]);
    expect(await reader.tasks()).toEqual(['transfer the cube']);
  });
});

async function readEpisode(root: string, episode: number) {
  const reader = await DatasetReader.open(root);
  const row = (await reader.episodes())[episode];
  return { row, columns: await reader.episodeColumns(row) };
}

const meanDifference = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
