/**
 * Whatever lerobot 0.4.4 and 0.6.1 load, brickyard reads: datasets of both recorders and editors, and the same files
 * written again by pandas, polars, DuckDB and Arrow or edited by hand, through every command that reads datasets.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { summarizeDataset } from '../../dataset/dataset-summary.ts';
import { convertToHdf5 } from '../../dataset/hdf5/to-hdf5.ts';
import { mergeDatasets } from '../../dataset/merge.ts';
import { PREVIEW_PAGE_DEFAULTS, previewPage } from '../../dataset/preview-page.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { validateDataset } from '../../dataset/validate.ts';
import { InputError } from '../../sim/errors.ts';
import { CheckProcess } from '../trainer/check-process.ts';
import { MAKERS, type MadeReport, makeForeignDatasets } from './made-datasets.ts';

/** What HDF5 files have no place for, said before anything is written. */
const NOT_IN_HDF5 = /is text, which the HDF5 layout has no place for|is of the type image, which cannot be/;
/** Pictures in the rows are not copied; the sentence names the way out. */
const NOT_MERGED = /is of the type image, which cannot be copied; store cameras as video/;
/** lerobot's convert_image_to_video lets episodes begin between key frames. */
const NOT_CUT = /has no key frame at 0\.7 s, where the episode begins: code the file again with one there/;

let folder: string;
let made: MadeReport[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-foreign-'));
  made = await Promise.all(MAKERS.map((maker) => makeForeignDatasets(maker, join(folder, maker.version))));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a refusal says; undefined when it did not refuse. @throws what is no sentence for the user */
async function refusal(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

describe.each(MAKERS.map((maker, i) => ({ ...maker, i })))('lerobot $version', ({ version, names, i }) => {
  const root = (name: string): string => join(folder, version, name);
  const hasPicturesInRows = (reader: DatasetReader): boolean =>
    Object.values(reader.info.features).some(({ dtype }) => dtype === 'image');

  test('made every dataset, and loads it', () => {
    expect(made[i]).toEqual({
      lerobot: version,
      datasets: [...names].sort(),
      refused: {},
      not_loaded: {},
    });
  });

  test.each(names)('%s is valid', async (name) => {
    const reader = await DatasetReader.open(root(name));
    const report = await validateDataset(reader, { minEpisodes: 1, deep: true });
    expect(report.faults.map(({ check, message }) => `${check}: ${message}`)).toEqual([]);
  });

  test.each(names)('%s is summed up and shown', async (name) => {
    const reader = await DatasetReader.open(root(name));
    const summary = await summarizeDataset(reader);
    expect(summary).toMatchObject({
      episodes: reader.info.total_episodes,
      frames: reader.info.total_frames,
    });
    const page = await previewPage(reader, { ...PREVIEW_PAGE_DEFAULTS, episodes: 2 });
    expect(page).toContain('<section');
  });

  test.each(names)('%s is merged with itself', async (name) => {
    const reader = await DatasetReader.open(root(name));
    const out = join(folder, 'out', version, `${name}-twice`);
    const options = { roots: [root(name), root(name)], out, command: 'merge' };
    const why = await refusal(() => mergeDatasets(options));
    if (why !== undefined) {
      expect(hasPicturesInRows(reader) || name === 'to-video').toBe(true);
      expect(why).toMatch(name === 'to-video' ? NOT_CUT : NOT_MERGED);
      return;
    }
    const twice = await DatasetReader.open(out);
    expect(twice.info.total_frames).toBe(2 * reader.info.total_frames);
    expect((await validateDataset(twice, { minEpisodes: 1, deep: false })).faults).toEqual([]);
  });

  test.each(names)('%s is converted to HDF5', async (name) => {
    const reader = await DatasetReader.open(root(name));
    const out = join(folder, 'out', version, `${name}-hdf5`);
    const options = { root: root(name), out, command: 'convert', compression: 0 };
    const why = await refusal(() => convertToHdf5(options));
    if (why !== undefined) expect(why).toMatch(NOT_IN_HDF5);
    else expect(reader.info.total_episodes).toBeGreaterThan(0);
  });
});

/** Dataset and cameras; each is one way in which datasets differ from ours. */
const TRAINED: readonly (readonly [string, string])[] = [
  ['0.4.4/image', 'front,wrist'],
  ['0.4.4/degrees', 'front'],
  ['0.4.4/numbers', 'front'],
  ['0.6.1/video', 'front'],
  ['0.6.1/planes-first', 'front'],
  ['0.6.1/planes-first-image', 'front'],
  ['0.6.1/nested-names', 'front'],
  ['0.6.1/without-stats', 'wrist'],
  ['0.6.1/polars-zstd', 'front'],
];

test("two steps on each give a policy that answers as lerobot's own processors and policy do", async () => {
  const work = join(folder, 'trained');
  mkdirSync(work);
  const checks = new CheckProcess(work);
  try {
    const args = [work, ...TRAINED.flatMap(([name, cameras]) => [join(folder, name), cameras])];
    const { lastLine, stderr } = await checks.run({ script: 'foreign_training.py', args });
    expect(lastLine, stderr.slice(-3000)).toBe('{"faults": []}');
  } finally {
    await checks.close();
  }
});

test('train takes a dataset in degrees, with its pictures in the rows, from the command line', () => {
  const root = join(folder, '0.6.1', 'degrees-image');
  const small = ['policy=act_small', 'training.steps=2', 'training.batch_size=4', 'checkpoint.export=none'];
  const robot = ['env=any', 'data.cameras=[front]'];
  const brickyard = (...args: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, '../../cli.ts'), 'train', ...args], {
      encoding: 'utf8',
      cwd: folder,
      env: {
        ...process.env,
        XDG_CACHE_HOME: join(folder, 'cache'),
        OMP_NUM_THREADS: '1',
        INIT_CWD: folder,
      },
    });
  const asked = ['--dataset', root, '--min-episodes', '1', '--out', 'run', ...small];
  const mistaken = brickyard(...asked, ...robot, '--skip', 'statistic');
  expect(mistaken.status, mistaken.stderr).toBe(2);
  expect(mistaken.stderr).toContain('--skip: there is no check "statistic"');
  const trained = brickyard(...asked, ...robot, '--skip', 'statistics,size');
  expect(trained.status, trained.stderr).toBe(0);
  expect(trained.stderr).toContain('2 steps, loss');
});
