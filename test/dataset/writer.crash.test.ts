import { cpSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatasetReader } from '../../dataset/reader.ts';
import { Disk, type Pieces } from '../../runtime/disk.ts';
import { contents, faultsOf, LENGTHS, records, writeAll } from './small-dataset.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-writer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Fails like a kill: from the n-th step on nothing reaches the disk; a file that was being written stays torn. */
class DyingDisk extends Disk {
  #left: number;
  steps = 0;

  constructor(stepsToLive: number) {
    super();
    this.#left = stepsToLive;
  }

  #step(): void {
    this.steps++;
    if (this.#left-- <= 0) throw new Error('killed');
  }

  override async writeSynced(path: string, pieces: Pieces | Uint8Array | string): Promise<void> {
    try {
      this.#step();
    } catch (error) {
      await super.writeSynced(path, 'torn');
      throw error;
    }
    await super.writeSynced(path, pieces);
  }

  override async move(from: string, to: string): Promise<void> {
    this.#step();
    await super.move(from, to);
  }

  override async remove(path: string): Promise<void> {
    this.#step();
    await super.remove(path);
  }
}

describe('a writer that dies', () => {
  it('at any step of a first run: readers see no dataset or all of it, and another try ends the same', async () => {
    await writeAll({ out: join(folder, 'undisturbed') });
    const expected = contents(join(folder, 'undisturbed'));
    const counting = new DyingDisk(Number.POSITIVE_INFINITY);
    await writeAll({ out: join(folder, 'counted'), disk: counting });
    expect(counting.steps).toBeGreaterThan(30);
    for (let step = 0; step < counting.steps; step++) {
      const out = join(folder, `dies-${step}`);
      await expect(writeAll({ out, disk: new DyingDisk(step) })).rejects.toThrow('killed');
      const isDataset = existsSync(join(out, 'meta/info.json'));
      if (isDataset) expect(await faultsOf(out)).toEqual([]);
      // The run's folder goes by one rename, so a run that can be resumed is told from one that is done.
      if (existsSync(join(out, '.brickyard')) || !isDataset) await writeAll({ out });
      else await new Disk().removeLeftovers(out);
      expect(contents(out)).toEqual(expected);
    }
  }, 60_000);

  it('at any step of an append: readers see the old dataset or the new one', async () => {
    const old = join(folder, 'old');
    await writeAll({ out: old, some: records.slice(0, 5) });
    cpSync(old, join(folder, 'undisturbed'), { recursive: true });
    await writeAll({ out: join(folder, 'undisturbed'), some: records.slice(5), append: true });
    const expected = contents(join(folder, 'undisturbed'));
    for (let step = 0; ; step++) {
      const out = join(folder, `dies-${step}`);
      cpSync(old, out, { recursive: true });
      const more = { out, some: records.slice(5), append: true };
      try {
        await writeAll({ ...more, disk: new DyingDisk(step) });
        expect(step).toBeGreaterThan(20);
        break;
      } catch (error) {
        expect((error as Error).message).toBe('killed');
      }
      const reader = await DatasetReader.open(out);
      expect([5, LENGTHS.length]).toContain(reader.info.total_episodes);
      expect(await faultsOf(out)).toEqual([]);
      const rows = (await reader.episodes()).slice(0, reader.info.total_episodes);
      const frames = rows.reduce((sum, row) => sum + row.length, 0);
      expect(frames).toBe(reader.info.total_frames);
      for (const row of rows)
        expect(statSync(reader.videoRange(row, reader.cameraKeys[0]).path).size).toBeGreaterThan(0);
      if (existsSync(join(out, '.brickyard'))) await writeAll(more);
      else if (reader.info.total_episodes === 5) await writeAll(more);
      else await new Disk().removeLeftovers(out);
      expect(contents(out)).toEqual(expected);
    }
  }, 60_000);
});
