import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { timestamps } from '../../dataset/features.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { planShards } from '../../dataset/shards.ts';
import { DatasetWriter } from '../../dataset/writer.ts';
import { InputError } from '../../sim/errors.ts';
import { FPS, RUN, SPEC, TASKS } from './records.ts';
import { contents, faultsOf, LENGTHS, LIMITS, records, writeAll } from './small-dataset.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-writer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a dataset written', () => {
  it('comes back through the reader, value by value', async () => {
    const out = join(folder, 'set');
    const result = await writeAll({ out });
    expect(result).toMatchObject({ episodes: LENGTHS.length, frames: LENGTHS.reduce((a, b) => a + b) });
    const reader = await DatasetReader.open(out);
    const rows = await reader.episodes();
    expect(rows.map((row) => row.length)).toEqual(LENGTHS);
    expect(await reader.tasks()).toEqual(TASKS);
    const files = await reader.dataFiles();
    expect(files.length).toBeGreaterThan(2);
    let episode = 0;
    for (const path of files) {
      const { columns, rows: count } = await reader.dataFile(path);
      for (let at = 0; at < count; at += records[episode++].frames) {
        const record = records[episode];
        const values = (name: string, width = 1) => [
          ...columns[name].values.subarray(at * width, (at + record.frames) * width),
        ];
        expect(values('observation.state', 4)).toEqual([...record.states]);
        expect(values('action', 4)).toEqual([...record.actions]);
        expect(values('executed_action', 4)).toEqual([...record.executedActions]);
        expect(values('source')).toEqual([...record.sources]);
        expect(values('phase')).toEqual([...record.phases]);
        expect(values('label_valid')).toEqual([...record.labelValid]);
        expect(values('timestamp')).toEqual([...timestamps(record.frames, FPS)]);
        expect(values('episode_index')).toEqual(new Array(record.frames).fill(episode));
        expect(values('task_index')).toEqual(new Array(record.frames).fill(episode % 2));
      }
    }
    rows.forEach(({ provenance }, k) => {
      const { key, scenario, scenarioHash, seed, slot, attempt, finalStateHash, start } = records[k];
      expect(provenance).toMatchObject({ key, scenario, scenarioHash, seed, slot, attempt, finalStateHash });
      expect(JSON.parse(provenance!.start)).toEqual(start);
    });
    expect(await faultsOf(out)).toEqual([]);
    expect(existsSync(join(out, '.brickyard'))).toBe(false);
  });

  it('has the same bytes whenever and wherever it is written', async () => {
    await writeAll({ out: join(folder, 'a') });
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2031-05-06T07:08:09Z') });
    await writeAll({ out: join(folder, 'b', 'deeper') }).finally(() => vi.useRealTimers());
    expect(contents(join(folder, 'b', 'deeper'))).toEqual(contents(join(folder, 'a')));
  });

  it('has the same bytes when it is written in pieces by several processes', async () => {
    await writeAll({ out: join(folder, 'a') });
    const out = join(folder, 'b');
    const shards = planShards(LENGTHS, FPS, LIMITS);
    for (const [i, { from, to }] of shards.entries()) {
      const writer = await DatasetWriter.open({ out, spec: SPEC });
      expect(writer.writtenEpisodes).toBe(from);
      await writer.writeShard(
        i,
        records.slice(from, to).map((record) => () => record),
      );
    }
    await (await DatasetWriter.open({ out, spec: SPEC })).publish({ run: RUN });
    expect(contents(out)).toEqual(contents(join(folder, 'a')));
  });

  it('has the same fingerprint however it is cut into files, and another for another bit', async () => {
    const whole = await writeAll({ out: join(folder, 'a') });
    const writer = await DatasetWriter.open({ out: join(folder, 'b'), spec: SPEC });
    await writer.writeShard(
      0,
      records.map((record) => () => record),
    );
    expect((await writer.publish({ run: RUN })).fingerprint).toBe(whole.fingerprint);
    const actions = records[4].actions.slice();
    actions[7] += 1e-7;
    const some = records.map((record, i) => (i === 4 ? { ...record, actions } : record));
    expect((await writeAll({ out: join(folder, 'c'), some })).fingerprint).not.toBe(whole.fingerprint);
  });

  it('holds one loaded episode at a time', async () => {
    const writer = await DatasetWriter.open({ out: join(folder, 'a'), spec: SPEC });
    const loads: number[] = [];
    const loaders = records.map((record, i) => async () => {
      loads.push(i);
      return record;
    });
    await writer.writeShard(0, loaders);
    const order = records.map((_, i) => i);
    expect(loads).toEqual([...order, ...order]);
  });
});

describe('append', () => {
  it('adds episodes behind those that are there', async () => {
    const out = join(folder, 'a');
    await writeAll({ out, some: records.slice(0, 5) });
    const before = contents(out);
    const later = records.slice(5).map((record) => ({ ...record, task: 'another task' }));
    const result = await writeAll({ out, some: later, append: true });
    expect(result.episodes).toBe(LENGTHS.length);
    expect(await faultsOf(out)).toEqual([]);
    const reader = await DatasetReader.open(out);
    expect(await reader.tasks()).toEqual([...TASKS, 'another task']);
    expect((await reader.metadata())?.runs).toHaveLength(2);
    const after = contents(out);
    for (const path of Object.keys(before))
      if (/^(data|videos|meta.episodes)/.test(path)) expect(after[path]).toBe(before[path]);
  });

  it('is the same dataset as one made at once, but for the files', async () => {
    const once = await writeAll({ out: join(folder, 'a') });
    await writeAll({ out: join(folder, 'b'), some: records.slice(0, 3) });
    const twice = await writeAll({ out: join(folder, 'b'), some: records.slice(3), append: true });
    expect(twice.fingerprint).toBe(once.fingerprint);
  });

  it('refuses other settings, another maker, and a dataset that is there without being asked', async () => {
    const out = join(folder, 'a');
    await writeAll({ out });
    const before = contents(out);
    await expect(DatasetWriter.open({ out, spec: SPEC })).rejects.toThrow(/--append/);
    const other = { ...SPEC, fps: 30, widthPx: 320, stateNames: ['x'] };
    await expect(DatasetWriter.open({ out, spec: other, append: true })).rejects.toThrow(/3 faults/);
    expect(contents(out)).toEqual(before);
    rmSync(join(out, 'metadata.json'));
    await expect(DatasetWriter.open({ out, spec: SPEC, append: true })).rejects.toThrow(InputError);
  });
});
