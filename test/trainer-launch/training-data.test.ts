import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NegativeResult } from '../../sim/errors.ts';
import { checkTrainingData, type TrainingDataOptions } from '../../trainer/launch/training-data.ts';
import { records, writeAll } from '../dataset/small-dataset.ts';

let folder: string;
let root: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-training-data-'));
  root = join(folder, 'data');
  await writeAll({ out: root, some: records.slice(0, 2) });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const check = (options: Partial<TrainingDataOptions> = {}) =>
  checkTrainingData({ root, minEpisodes: 1, overrides: [], cache: join(folder, 'cache'), ...options });

type Info = { total_tasks: number; features: Record<string, { names: unknown }> };
function editInfo(change: (info: Info) => void): void {
  const path = join(root, 'meta', 'info.json');
  const info = JSON.parse(readFileSync(path, 'utf8')) as Info;
  change(info);
  writeFileSync(path, JSON.stringify(info));
}

test('a dataset with a fault is trained on when the check that found it is left out', async () => {
  editInfo((info) => {
    info.total_tasks = 99;
  });
  const refused = await check().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(NegativeResult);
  expect(String(refused)).toContain('--skip CHECK');
  expect(await check({ skip: ['totals'] })).toMatchObject({ episodes: 2, remembered: false });
  expect(await check({ skip: ['totals'] })).toMatchObject({ remembered: true });
});

test('the verdict with a check left out does not count without it', async () => {
  editInfo((info) => {
    info.total_tasks = 99;
  });
  await check({ skip: ['totals'] });
  await expect(check()).rejects.toThrow(/has 1 fault/);
  await expect(check({ skip: ['size'] })).rejects.toThrow(/has 1 fault/);
});

test("the loader's names may lie in a record, as lerobot's recorder writes them", async () => {
  editInfo(({ features }) => {
    for (const key of ['observation.state', 'action']) features[key].names = { motors: features[key].names };
  });
  // An edited description is no longer that of the fingerprint.
  expect(await check({ skip: ['content'] })).toMatchObject({ episodes: 2 });
});

test('a camera may be named by its whole key', async () => {
  expect(await check({ overrides: ['data.cameras=[observation.images.ego]'] })).toMatchObject({
    episodes: 2,
  });
  await expect(check({ overrides: ['data.cameras=[wrist]'] })).rejects.toThrow(
    'it has no camera observation.images.wrist; it has observation.images.ego',
  );
});
