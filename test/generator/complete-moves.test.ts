/** `gen --append` on a dataset whose last append was killed while its files moved in. */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatasetReader } from '../../dataset/reader.ts';
import { prepareRun } from '../../generator/prepare.ts';
import { writeRunRecord } from '../../generator/run-folder.ts';
import { parseGenOptions, type RawGenOptions } from '../../generator/settings.ts';
import { Disk } from '../../runtime/disk.ts';
import { KilledMoving } from '../dataset/killed-moving.ts';
import { LENGTHS, records, writeAll } from '../dataset/small-dataset.ts';

const ASKED: RawGenOptions = { scenarios: 'one-brick', episodes: '5', seed: '9' };
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-moves-'));
  const out = join(folder, 'killed');
  await writeAll({ out, some: records.slice(0, 3) });
  const content = parseGenOptions(ASKED, { cores: 1, scenarioCount: () => 1 });
  const append = { episodes: 3, firstSlots: {} };
  const versions = { packageVersion: '0', codeVersion: 'of another version' };
  await writeRunRecord(out, { format: 1, command: '', content, shares: [], ...versions, append }, new Disk());
  await expect(
    writeAll({ out, some: records.slice(3), append: true, disk: new KilledMoving(out, 4) }),
  ).rejects.toThrow('killed');
});
afterAll(() => rmSync(folder, { recursive: true }));

function prepare(name: string, given: RawGenOptions, flags: { append?: boolean; resume?: boolean }) {
  const out = join(folder, name);
  cpSync(join(folder, 'killed'), out, { recursive: true });
  const parsed = parseGenOptions(given, { cores: 1, scenarioCount: () => 1 });
  const { append = false, resume = false } = flags;
  return prepareRun({ parsed, given, cwd: folder, out, append, resume, command: '' });
}

describe('gen --append after a kill between two moves', () => {
  it('completes that append when the same is asked for again', async () => {
    expect(await prepare('same', ASKED, { append: true })).toMatchObject({
      kind: 'complete',
      origin: { episodes: LENGTHS.length },
    });
    expect(existsSync(join(folder, 'same', '.brickyard'))).toBe(false);
  });

  it('completes it, then adds what is asked for', async () => {
    const prepared = await prepare('other', { ...ASKED, seed: '10' }, { append: true });
    expect(prepared).toMatchObject({
      kind: 'run',
      run: { record: { append: { episodes: LENGTHS.length }, content: { seed: 10 } } },
    });
    expect((await DatasetReader.open(join(folder, 'other'))).info.total_episodes).toBe(LENGTHS.length);
  });

  it('completes it with --resume, whichever version began it, also when --append is typed again', async () => {
    const complete = { kind: 'complete', origin: { episodes: LENGTHS.length } };
    expect(await prepare('resumed', {}, { resume: true })).toMatchObject(complete);
    expect(await prepare('both', {}, { append: true, resume: true })).toMatchObject(complete);
  });

  it('touches nothing when neither is given, or --resume with something else', async () => {
    await expect(prepare('neither', ASKED, {})).rejects.toThrow(/unfinished run: add --resume/);
    await expect(prepare('else', { seed: '3' }, { resume: true })).rejects.toThrow(/seed was 9/);
    for (const name of ['neither', 'else'])
      expect((await DatasetReader.open(join(folder, name))).info.total_episodes).toBe(3);
  });
});
