import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numbersIn } from '../../dataset/episode-row.ts';
import { mergeDatasets } from '../../dataset/merge.ts';
import { readMp4 } from '../../dataset/mp4-reader.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { splitDataset } from '../../dataset/split.ts';
import { Disk } from '../../runtime/disk.ts';
import { temporaryName } from '../../runtime/temporary-name.ts';
import { contents, faultsOf, LENGTHS, records, writeAll } from './small-dataset.ts';

let folder: string;
let whole: string;
let first: string;
let second: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-edit-'));
  [whole, first, second] = ['whole', 'first', 'second'].map((name) => join(folder, name));
  await writeAll({ out: whole });
  await writeAll({ out: first, some: records.slice(0, 3) });
  await writeAll({ out: second, some: records.slice(3) });
});
afterAll(() => rmSync(folder, { recursive: true }));

const open = async (root: string) => {
  const reader = await DatasetReader.open(root);
  return { reader, rows: await reader.episodes(), metadata: (await reader.metadata())! };
};

const fingerprint = async (root: string) => (await open(root)).metadata.fingerprint.sha256;

/** The coded frames of an episode, as a reader finds them. */
async function codedFrames(root: string, episode: number): Promise<string> {
  const { reader, rows } = await open(root);
  const { path, fromS } = reader.videoRange(rows[episode], reader.cameraKeys[0]);
  const { sampleOffsets, sampleBytes } = await readMp4(path);
  const at = Math.round(fromS * reader.info.fps);
  const file = readFileSync(path);
  const parts = Array.from({ length: rows[episode].length }, (_, i) =>
    file.subarray(sampleOffsets[at + i], sampleOffsets[at + i] + sampleBytes[at + i]),
  );
  return Buffer.concat(parts).toString('base64');
}

describe('merge', () => {
  it('gives the dataset that one run would have given, to the fingerprint and the statistics', async () => {
    const out = join(folder, 'merged');
    const result = await mergeDatasets({ roots: [first, second], out, weights: [3, 1], command: 'merge' });
    expect(result).toMatchObject({ episodes: LENGTHS.length, frames: LENGTHS.reduce((a, b) => a + b) });
    expect(result.fingerprint).toBe(await fingerprint(whole));
    expect(await faultsOf(out)).toEqual([]);
    const [mine, theirs] = [await open(out), await open(whole)];
    expect(mine.rows.map((row) => [row.provenance, row.tasks, row.fromIndex])).toEqual(
      theirs.rows.map((row) => [row.provenance, row.tasks, row.fromIndex]),
    );
    expect(mine.metadata.scenarios).toEqual(theirs.metadata.scenarios);
    expect(mine.metadata.dataset_weights).toEqual([
      { name: 'first', weight: 3, episodes: [0, 3] },
      { name: 'second', weight: 1, episodes: [3, 8] },
    ]);
    const [stored, expected] = [await mine.reader.statistics(), await theirs.reader.statistics()];
    // Pooled per episode here, per file there: the same but for the last bit.
    const [pooled, once] = [stored, expected].map((stats) => numbersIn(Object.values(stats!.action)));
    pooled.forEach((value, i) => {
      expect(value).toBeCloseTo(once[i], 12);
    });
    for (let k = 0; k < LENGTHS.length; k++)
      expect(await codedFrames(out, k)).toBe(await codedFrames(whole, k));
  });

  it('can be merged and split again with its weights, and added to', async () => {
    const out = join(folder, 'merged-again');
    const [a, b] = [join(folder, 'split', 'few'), join(folder, 'split', 'one-brick')];
    const merged = join(folder, 'weighted');
    await mergeDatasets({ roots: [first, second], out: merged, weights: [3, 2], command: 'merge' });
    await splitDataset({
      ...{ root: merged, out: join(folder, 'split'), by: 'scenario', seed: 0, command: 'split' },
    });
    await mergeDatasets({ roots: [a, b], out, weights: [1, 10], command: 'merge' });
    expect(await faultsOf(out)).toEqual([]);
    expect((await open(out)).metadata.dataset_weights).toEqual([
      { name: 'first', weight: 3, episodes: [0, 1] },
      { name: 'second', weight: 2, episodes: [1, 4] },
      { name: 'first', weight: 30, episodes: [4, 6] },
      { name: 'second', weight: 20, episodes: [6, 8] },
    ]);
    const more = { ...records[0], key: 'another', slot: 99 };
    await writeAll({ out, some: [more], append: true });
    expect(await faultsOf(out)).toEqual([]);
    expect((await open(out)).metadata.dataset_weights).toHaveLength(4);
  });

  it('refuses the same episode twice, naming it, and leaves nothing behind', async () => {
    const out = join(folder, 'doubled');
    await expect(mergeDatasets({ roots: [whole, second], out, command: 'merge' })).rejects.toThrow(
      /has 5 faults:\n {2}- episode 0 of .*second is episode 3 of .*whole again/,
    );
    expect(readdirSync(folder).filter((name) => name.startsWith('doubled'))).toEqual([]);
  });

  it('lists all differences of the features and the frame rate', async () => {
    const other = join(folder, 'other');
    await writeAll({ out: other, some: records.slice(3) });
    const path = join(other, 'meta/info.json');
    const info = JSON.parse(readFileSync(path, 'utf8'));
    info.fps = 30;
    info.features.action.names[0] = 'wheel';
    delete info.features.phase;
    writeFileSync(path, JSON.stringify(info));
    const merging = mergeDatasets({ roots: [first, other], out: join(folder, 'never'), command: 'merge' });
    await expect(merging).rejects.toThrow(
      /3 faults:[\s\S]*it has 30 fps, not 10[\s\S]*names of action is \["wheel"[\s\S]*it lacks the feature phase/,
    );
  });

  it('leaves nothing when it fails on the way, and takes away what a killed one left', async () => {
    const out = join(folder, 'failing');
    class FullDisk extends Disk {
      override async writeSynced(path: string, pieces: Parameters<Disk['writeSynced']>[1]): Promise<void> {
        if (path.endsWith('stats.json')) throw new Error('no space left on device');
        return super.writeSynced(path, pieces);
      }
    }
    const options = { roots: [first, second], out, command: 'merge' };
    await expect(mergeDatasets({ ...options, disk: new FullDisk() })).rejects.toThrow('no space left');
    expect(existsSync(out)).toBe(false);
    const left = temporaryName(out).replace(`-${process.pid}-`, '-999999999-');
    writeFileSync(left, 'left by a killed run');
    const notes = join(folder, 'failing.tmp-2024');
    writeFileSync(notes, "the user's own");
    await mergeDatasets(options);
    expect(readdirSync(folder).filter((name) => name.includes('failing'))).toEqual([
      'failing',
      'failing.tmp-2024',
    ]);
    rmSync(notes);
  });
});

describe('split', () => {
  it('by success and by source puts each episode where it belongs', async () => {
    const out = join(folder, 'by-source');
    const parts = await splitDataset({ root: whole, out, by: 'source', seed: 0, command: 'split' });
    expect(parts.map(({ name, episodes }) => [name, episodes])).toEqual([
      ['expert', 6],
      ['expert+noise', 2],
    ]);
    for (const { name } of parts) expect(await faultsOf(join(out, name))).toEqual([]);
  });

  it('by length or share: every episode in exactly one part, frames unchanged (property)', async () => {
    let run = 0;
    const given = fc.oneof(
      fc.record({ at: fc.uniqueArray(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 3 }) }),
      fc.record({ share: fc.double({ min: 0.1, max: 0.9, noNaN: true }), seed: fc.nat(99) }),
    );
    await fc.assert(
      fc.asyncProperty(given, async (choice) => {
        const out = join(folder, `part-${run++}`);
        const by = 'at' in choice ? ('length' as const) : ('share' as const);
        const at = 'at' in choice ? choice.at.sort((a, b) => a - b) : undefined;
        const parts = await splitDataset({ seed: 0, ...choice, at, root: whole, out, by, command: 'split' });
        const lengths: number[] = [];
        for (const { name } of parts) {
          expect(await faultsOf(join(out, name))).toEqual([]);
          const { rows } = await open(join(out, name));
          lengths.push(...rows.map((row) => row.length));
          const original = records.findIndex(({ frames }) => frames === rows[0].length);
          expect(await codedFrames(join(out, name), 0)).toBe(await codedFrames(whole, original));
        }
        expect(lengths.sort()).toEqual([...LENGTHS].sort());
      }),
      { numRuns: 6 },
    );
  });

  it('keeps to its folder whatever a dataset calls its scenarios', async () => {
    const evil = join(folder, 'evil');
    const named = records.map((record) => ({ ...record, scenario: '../../evil' }));
    await writeAll({ out: evil, some: named });
    const out = join(folder, 'contained');
    const [part] = await splitDataset({ root: evil, out, by: 'scenario', seed: 0, command: 'split' });
    expect(part.name).toBe('evil');
    expect(Object.keys(contents(out)).every((path) => path.startsWith('evil/'))).toBe(true);
  });
});
