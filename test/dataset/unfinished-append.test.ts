/** An append that was killed while its files moved into the dataset: what readers see, and how it is completed. */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatasetReader } from '../../dataset/reader.ts';
import { validateDataset } from '../../dataset/validate.ts';
import { finishPublish } from '../../dataset/writer.ts';
import { InputError } from '../../sim/errors.ts';
import { KilledMoving } from './killed-moving.ts';
import { contents, LENGTHS, records, writeAll } from './small-dataset.ts';

const BEFORE = 3;
let folder: string;
let expected: Record<string, string>;

/** Datasets whose append was killed after 0, 1, 2 … of its moves. */
const killed: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-append-'));
  const old = join(folder, 'old');
  await writeAll({ out: old, some: records.slice(0, BEFORE) });
  cpSync(old, join(folder, 'undisturbed'), { recursive: true });
  await writeAll({ out: join(folder, 'undisturbed'), some: records.slice(BEFORE), append: true });
  expected = contents(join(folder, 'undisturbed'));
  for (let moves = 0; ; moves++) {
    const out = join(folder, `killed-${moves}`);
    cpSync(old, out, { recursive: true });
    try {
      await writeAll({ out, some: records.slice(BEFORE), append: true, disk: new KilledMoving(out, moves) });
      break;
    } catch (error) {
      expect((error as Error).message).toBe('killed');
      if ((await DatasetReader.open(out)).info.total_episodes === BEFORE) killed.push(out);
    }
  }
  expect(killed.length).toBeGreaterThan(8);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

async function reportOf(out: string) {
  return validateDataset(await DatasetReader.open(out), { minEpisodes: 1, deep: false });
}

describe('an append killed between two moves', () => {
  it('leaves the old dataset without faults, one warning that says how to complete it, and no temporary files', async () => {
    for (const out of killed) {
      const { faults, warnings, episodes } = await reportOf(out);
      expect(faults).toEqual([]);
      expect(warnings).toEqual([
        { episode: null, check: 'append', message: expect.stringContaining(`gen --resume --out ${out}`) },
      ]);
      expect(episodes).toBe(BEFORE);
      const reader = await DatasetReader.open(out);
      expect(await reader.episodes()).toHaveLength(BEFORE);
      expect(
        readdirSync(out, { recursive: true }).filter((name) => String(name).includes('.brickyard-tmp-')),
      ).toEqual([]);
    }
  }, 60_000);

  it('is completed from its plan alone', async () => {
    for (const killedOut of killed) {
      const out = `${killedOut}-finished`;
      cpSync(killedOut, out, { recursive: true });
      for (const name of ['journal.jsonl', 'run.json', 'shards/base.json'])
        rmSync(join(out, '.brickyard', name), { force: true });
      expect((await finishPublish(out))?.result.episodes).toBe(LENGTHS.length);
      expect(contents(out)).toEqual(expected);
    }
  }, 60_000);

  it('is planned anew when its plan is damaged', async () => {
    const out = `${killed[4]}-damaged`;
    cpSync(killed[4], out, { recursive: true });
    writeFileSync(join(out, '.brickyard/publish/plan.json'), '{"format":1}');
    expect(await finishPublish(out)).toBeNull();
    await writeAll({ out, some: records.slice(BEFORE), append: true });
    expect(contents(out)).toEqual(expected);
  }, 60_000);

  it('without its work folder is still the old dataset; the next append replaces what it left, or refuses', async () => {
    let refused = 0;
    const oneMore = join(folder, 'one-more');
    cpSync(join(folder, 'old'), oneMore, { recursive: true });
    await writeAll({ out: oneMore, some: records.slice(BEFORE, BEFORE + 1), append: true });
    const filesOfOneMore = Object.keys(contents(oneMore)).sort();
    for (const killedOut of killed) {
      const out = `${killedOut}-lost`;
      cpSync(killedOut, out, { recursive: true });
      rmSync(join(out, '.brickyard'), { recursive: true });
      const { faults, warnings } = await reportOf(out);
      expect(faults).toEqual([]);
      expect(warnings.length).toBeLessThanOrEqual(1);
      try {
        // Fewer than the append that was lost: its last file must not stay.
        await writeAll({ out, some: records.slice(BEFORE, BEFORE + 1), append: true });
        expect(await reportOf(out)).toMatchObject({ faults: [], warnings: [], episodes: BEFORE + 1 });
        expect(Object.keys(contents(out)).sort()).toEqual(filesOfOneMore);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        expect((error as Error).message).toMatch(/dataset split/);
        refused++;
      }
    }
    expect(refused).toBeLessThanOrEqual(2);
  }, 60_000);
});

describe('--append', () => {
  it('names a file of the dataset that is missing, before it writes anything', async () => {
    for (const path of [
      'data/chunk-000/file-000.parquet',
      'videos/observation.images.ego/chunk-000/file-000.mp4',
    ]) {
      const out = join(folder, `without-${path.split('/')[0]}`);
      cpSync(join(folder, 'old'), out, { recursive: true });
      rmSync(join(out, path));
      const appending = writeAll({ out, some: records.slice(BEFORE), append: true });
      await expect(appending).rejects.toThrow(InputError);
      await expect(appending).rejects.toThrow(new RegExp(`${path} is missing.*dataset validate ${out}`));
      expect(existsSync(join(out, '.brickyard/shards/base.json'))).toBe(false);
    }
  });

  it.each([
    'meta/episodes/chunk-000/file-000.parquet',
    'meta/tasks.parquet',
    'meta/stats.json',
    'metadata.json',
  ])('refuses a dataset whose %s is cut short', async (path) => {
    const out = join(folder, `cut-${path.replaceAll('/', '-')}`);
    cpSync(join(folder, 'old'), out, { recursive: true });
    truncateSync(join(out, path), 40);
    const appending = writeAll({ out, some: records.slice(BEFORE), append: true });
    await expect(appending).rejects.toThrow(InputError);
    await expect(appending).rejects.toThrow(path);
  });
});
