/** Datasets of another version, and paths that lead out of the dataset: refused before anything else is read. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { confinedPath } from '../../dataset/dataset-info.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { InputError } from '../../sim/errors.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'brickyard-info-'));
  mkdirSync(join(root, 'meta'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const INFO = {
  codebase_version: 'v3.0',
  fps: 10,
  total_episodes: 1,
  total_frames: 5,
  total_tasks: 1,
  chunks_size: 1000,
  features: {},
  data_path: 'data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet',
  video_path: null,
};

async function refusal(info: object): Promise<string> {
  writeFileSync(join(root, 'meta/info.json'), JSON.stringify(info));
  try {
    await DatasetReader.open(root);
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
}

describe('version', () => {
  it.each(['v2.1', 'v2.0', '1.6'])('%s is refused with the way to convert it', async (version) => {
    const message = await refusal({ ...INFO, codebase_version: version });
    expect(message).toContain(`is a LeRobot dataset of version ${version}, this reads v3.0`);
    expect(message).toContain('convert_dataset_v21_to_v30');
    expect(message).toContain(`--root=${root}`);
  });
  it.each(['v4.0', 3, null])('%o is refused, and nothing is promised', async (version) => {
    const message = await refusal({ ...INFO, codebase_version: version });
    expect(message).toContain(`codebase_version ${JSON.stringify(version)}, this reads v3.0`);
  });
});

describe('a path in info.json that leads out of the dataset is refused', () => {
  const camera = { 'observation.images.ego': { dtype: 'video', shape: [12, 16, 3], names: null } };
  const outside = [
    '../data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet',
    'data/../../elsewhere/{chunk_index:03d}-{file_index:03d}.parquet',
    '/etc/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet',
  ];
  it.each(outside)('data_path %s', async (data_path) => {
    expect(await refusal({ ...INFO, data_path })).toMatch(/leads out of the dataset; do not trust it/);
  });
  it.each(outside)('video_path %s', async (video_path) => {
    const info = { ...INFO, features: camera, video_path: `${video_path}/{video_key}` };
    expect(await refusal(info)).toMatch(/leads out of the dataset; do not trust it/);
  });
  it('one that only looks like it is not', async () => {
    expect(await refusal(INFO)).toBe('');
    const data_path = 'data/a..b/../chunk-{chunk_index:03d}/file-{file_index:03d}.parquet';
    expect(await refusal({ ...INFO, data_path })).toBe('');
    expect(() => confinedPath(root, '..')).toThrow(/leads out/);
  });
});
