/** lerobot itself opens what merge and split make, of our data and of its own, and shows the right pictures. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mergeDatasets } from '../../dataset/merge.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { splitDataset } from '../../dataset/split.ts';
import { validateDataset } from '../../dataset/validate.ts';
import { testPython } from '../python.ts';
import { patternedVideo } from './patterned-video.ts';
import { FPS, madeUpRecord } from './records.ts';
import { writeAll } from './small-dataset.ts';

const CHECKS = join(import.meta.dirname, '../../trainer/checks');
let python: string;
let folder: string;
beforeAll(() => {
  python = testPython();
  folder = mkdtempSync(join(tmpdir(), 'brickyard-edit-lerobot-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(args: string[]): Record<string, unknown> {
  const env = { ...process.env, HF_DATASETS_CACHE: join(folder, 'cache') };
  const { stdout, stderr } = spawnSync(python, args, { encoding: 'utf8', env });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`python printed no JSON: ${stderr.slice(-2000)}`);
  return JSON.parse(line);
}

const faultsOf = async (root: string) =>
  (await validateDataset(await DatasetReader.open(root), { minEpisodes: 1, deep: true })).faults;

describe('lerobot', () => {
  it('loads a merged and a split dataset of ours; every picture is the right one', async () => {
    const records = [40, 133, 25, 60].map((frames, episode) =>
      madeUpRecord({ episode, frames, video: patternedVideo({ episode, frames, fps: FPS }) }),
    );
    const [a, b, merged, parts] = ['a', 'b', 'merged', 'parts'].map((name) => join(folder, name));
    await writeAll({ out: a, some: records.slice(0, 2) });
    await writeAll({ out: b, some: records.slice(2) });
    await mergeDatasets({ roots: [a, b], out: merged, command: 'merge' });
    const whole = run([join(CHECKS, 'load_dataset.py'), merged, '--pattern']);
    expect(whole).toMatchObject({ faults: [], ok: true, episodes: 4, frames: 258 });
    await splitDataset({ root: merged, out: parts, by: 'length', at: [50], seed: 0, command: 'split' });
    const long = run([join(CHECKS, 'load_dataset.py'), join(parts, 'from-50')]);
    expect(long).toMatchObject({ faults: [], ok: true, episodes: 2, frames: 193 });
    expect(await faultsOf(join(parts, 'under-50'))).toEqual([]);
  });

  it('loads its own recordings merged, with the pictures and rows of the originals', async () => {
    const roots = ['h264', 'libsvtav1'].map((codec) => {
      const out = join(folder, `foreign-${codec}`);
      spawnSync(python, [join(CHECKS, 'record_foreign.py'), out, codec]);
      return out;
    });
    const out = join(folder, 'foreign-merged');
    await mergeDatasets({ roots, out, command: 'merge' });
    expect(await faultsOf(out)).toEqual([]);
    expect(run([join(CHECKS, 'compare_merged.py'), out, ...roots])).toEqual({ frames: 98, differences: [] });
  });
});
