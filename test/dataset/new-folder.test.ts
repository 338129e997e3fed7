import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { convertToLerobot } from '../../dataset/hdf5/from-hdf5.ts';
import { convertToHdf5 } from '../../dataset/hdf5/to-hdf5.ts';
import { mergeDatasets } from '../../dataset/merge.ts';
import { splitDataset } from '../../dataset/split.ts';
import { writeAll } from './small-dataset.ts';

let folder: string;
let dataset: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-new-folder-'));
  dataset = join(folder, 'dataset');
  await writeAll({ out: dataset });
  symlinkSync('dataset', join(folder, 'link'));
  mkdirSync(join(folder, 'hdf5'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each(['dataset/inner', 'dataset/videos/deep/inner', 'link/inner'])(
  'a dataset made inside its own source is refused: %s',
  async (place) => {
    const before = readdirSync(dataset, { recursive: true }).sort();
    const out = join(folder, place);
    const asked = { root: dataset, out, command: 'x' };
    const refusal = /lies inside .*dataset, which it is made from; name another --out/;
    await expect(convertToHdf5({ ...asked, compression: 1 })).rejects.toThrow(refusal);
    await expect(mergeDatasets({ ...asked, roots: [dataset, dataset] })).rejects.toThrow(refusal);
    await expect(splitDataset({ ...asked, by: 'scenario', seed: 0 })).rejects.toThrow(refusal);
    expect(readdirSync(dataset, { recursive: true }).sort()).toEqual(before);
  },
);

it('so is one inside a folder of HDF5 files', async () => {
  const root = join(folder, 'hdf5');
  await expect(convertToLerobot({ root, out: join(root, 'inner'), command: 'x' })).rejects.toThrow(
    /lies inside .*hdf5/,
  );
});
