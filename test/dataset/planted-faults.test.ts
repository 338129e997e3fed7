/** Faults planted one by one into a good dataset: each must be found, by its check and with its episode. */
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECK_NAMES } from '../../dataset/checks/names.ts';
import type { EpisodeRecord } from '../../dataset/episode-record.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { taskTable } from '../../dataset/task-table.ts';
import { validateDataset } from '../../dataset/validate.ts';
import { records, writeAll } from './small-dataset.ts';

let folder: string;
let whole: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-planted-'));
  whole = join(folder, 'whole');
  await writeAll({ out: whole });
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Planted {
  kind: string;
  /** Null: a fault of the whole dataset. */
  episode: number | null;
  check: string;
  plant: (root: string) => Promise<void> | void;
}

const rewritten =
  (episode: number, change: (record: EpisodeRecord) => Partial<EpisodeRecord>) =>
  async (root: string): Promise<void> => {
    rmSync(root, { recursive: true });
    const some = records.map((record, i) => (i === episode ? { ...record, ...change(record) } : record));
    await writeAll({ out: root, some });
  };
const set = (values: Float32Array, at: number, value: number): Float32Array => {
  const copy = values.slice();
  copy[at] = value;
  return copy;
};
type Json = Record<string, never> & { [key: string]: never };
const json =
  (file: string, edit: (value: Json) => void) =>
  (root: string): void => {
    const value = JSON.parse(readFileSync(join(root, file), 'utf8'));
    edit(value);
    writeFileSync(join(root, file), JSON.stringify(value));
  };
const put = (file: string, path: string[], value: unknown) =>
  json(file, (root) => {
    let at = root as Record<string, unknown>;
    for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
    if (value === undefined) delete at[path.at(-1)!];
    else at[path.at(-1)!] = value;
  });
const VIDEO = 'videos/observation.images.ego/chunk-000/file-000.mp4';
const INFO = 'meta/info.json';
const STATS = 'meta/stats.json';

const planted: Planted[] = [
  ...[0, 2, 5, 7].flatMap((episode): Planted[] => [
    {
      kind: 'NaN state',
      episode,
      check: 'finite',
      plant: rewritten(episode, (r) => ({ states: set(r.states, 9, Number.NaN) })),
    },
    {
      kind: 'infinite action',
      episode,
      check: 'finite',
      plant: rewritten(episode, (r) => ({ actions: set(r.actions, 6, Number.POSITIVE_INFINITY) })),
    },
    {
      kind: 'action too large',
      episode,
      check: 'action-range',
      plant: rewritten(episode, (r) => ({ actions: set(r.actions, 5, 1.01) })),
    },
    {
      kind: 'executed action too small',
      episode,
      check: 'action-range',
      plant: rewritten(episode, (r) => ({ executedActions: set(r.executedActions, 2, -2) })),
    },
  ]),
  ...[2, 4, 6].map(
    (episode): Planted => ({
      kind: 'same draw twice',
      ...{ episode, check: 'duplicates' },
      plant: rewritten(episode, () => {
        const { key, scenario, scenarioHash, seed, slot, attempt } = records[0];
        return { key, scenario, scenarioHash, seed, slot, attempt };
      }),
    }),
  ),
  ...[-1, 1, 7].flatMap((by): Planted[] => [
    {
      kind: 'total_frames',
      episode: null,
      check: 'totals',
      plant: json(INFO, (i) => Object.assign(i, { total_frames: Number(i.total_frames) + by })),
    },
    {
      kind: 'total_tasks',
      episode: null,
      check: 'totals',
      plant: json(INFO, (i) => Object.assign(i, { total_tasks: Number(i.total_tasks) + by })),
    },
    {
      kind: 'total_episodes',
      episode: null,
      check: 'totals',
      plant: json(INFO, (i) => Object.assign(i, { total_episodes: Number(i.total_episodes) + by })),
    },
  ]),
  ...['mean', 'std', 'min', 'max'].flatMap((name): Planted[] => [
    {
      kind: `stats.json ${name}`,
      episode: null,
      check: 'statistics',
      plant: put(STATS, ['action', name], [0.5, 9, 0.5, 0.5]),
    },
    {
      kind: `stats.json without ${name}`,
      episode: null,
      check: 'statistics',
      plant: put(STATS, ['observation.state', name], undefined),
    },
  ]),
  {
    kind: 'no camera statistics',
    episode: null,
    check: 'statistics',
    plant: put(STATS, ['observation.images.ego'], undefined),
  },
  {
    kind: 'no stats.json',
    episode: null,
    check: 'statistics',
    plant: (root) => unlinkSync(join(root, STATS)),
  },
  { kind: 'fps', episode: 0, check: 'timestamps', plant: put(INFO, ['fps'], 20) },
  { kind: 'fps', episode: 3, check: 'timestamps', plant: put(INFO, ['fps'], 11) },
  {
    kind: 'camera size',
    episode: null,
    check: 'video',
    plant: put(INFO, ['features', 'observation.images.ego', 'shape'], [64, 98, 3]),
  },
  {
    kind: 'state shape',
    episode: null,
    check: 'data',
    plant: put(INFO, ['features', 'observation.state', 'shape'], [5]),
  },
  {
    kind: 'unknown column',
    episode: null,
    check: 'data',
    plant: put(INFO, ['features', 'phase'], undefined),
  },
  {
    kind: 'missing column',
    episode: null,
    check: 'data',
    plant: put(INFO, ['features', 'reward'], { dtype: 'float32', shape: [1], names: null }),
  },
  ...[0, 1, 2].flatMap((file): Planted[] => [
    {
      kind: 'no data file',
      episode: null,
      check: 'data',
      plant: (root) => unlinkSync(join(root, `data/chunk-000/file-00${file}.parquet`)),
    },
    {
      kind: 'data file cut short',
      episode: null,
      check: 'data',
      plant: (root) => truncateSync(join(root, `data/chunk-000/file-00${file}.parquet`), 900),
    },
    {
      kind: 'no episode rows',
      episode: null,
      check: 'totals',
      plant: (root) => unlinkSync(join(root, `meta/episodes/chunk-000/file-00${file}.parquet`)),
    },
  ]),
  { kind: 'no video', episode: 0, check: 'video', plant: (root) => unlinkSync(join(root, VIDEO)) },
  {
    kind: 'video cut short',
    episode: 0,
    check: 'video',
    plant: (root) => truncateSync(join(root, VIDEO), 2000),
  },
  {
    kind: 'no tasks',
    episode: null,
    check: 'tasks',
    plant: (root) => unlinkSync(join(root, 'meta/tasks.parquet')),
  },
  {
    kind: 'a task renamed',
    episode: 0,
    check: 'episode-rows',
    plant: (root) =>
      writeFileSync(join(root, 'meta/tasks.parquet'), taskTable(['another', 'put the bricks into the box'])),
  },
  {
    kind: 'no metadata',
    episode: null,
    check: 'metadata',
    plant: (root) => unlinkSync(join(root, 'metadata.json')),
  },
  {
    kind: 'no success criteria',
    episode: null,
    check: 'success-criteria',
    plant: put('metadata.json', ['success_criteria', 'few'], undefined),
  },
  {
    kind: 'fingerprint',
    episode: null,
    check: 'content',
    plant: put('metadata.json', ['fingerprint', 'sha256'], '0'),
  },
  ...[40, 200].map(
    (fromEnd): Planted => ({
      kind: 'a byte of the video turned',
      ...{ episode: 2, check: 'content' },
      plant: (root) => {
        const bytes = readFileSync(join(root, VIDEO));
        bytes[bytes.length - fromEnd] ^= 4;
        writeFileSync(join(root, VIDEO), bytes);
      },
    }),
  ),
];

describe('planted faults', () => {
  it('are at least fifty of at least twelve kinds', () => {
    expect(planted.length).toBeGreaterThanOrEqual(50);
    expect(new Set(planted.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(12);
    for (const { check } of planted) expect(CHECK_NAMES).toContain(check);
  });

  it.each(planted.map((fault, i) => ({ ...fault, i })))(
    '$i: $kind in episode $episode',
    async ({ i, ...fault }) => {
      const root = join(folder, `copy-${i}`);
      cpSync(whole, root, { recursive: true });
      await fault.plant(root);
      const report = await validateDataset(await DatasetReader.open(root), { minEpisodes: 1, deep: false });
      expect(report.ok).toBe(false);
      expect(report.faults.map(({ check, episode }) => `${check} ${episode}`)).toContain(
        `${fault.check} ${fault.episode}`,
      );
      rmSync(root, { recursive: true });
    },
  );

  it('leaves out checks that are not asked for, and says so', async () => {
    const root = join(folder, 'skipping');
    cpSync(whole, root, { recursive: true });
    put(STATS, ['action', 'mean'], [9, 9, 9, 9])(root);
    const options = { minEpisodes: 1, deep: false, skip: ['statistics' as const] };
    const report = await validateDataset(await DatasetReader.open(root), options);
    expect(report).toMatchObject({ ok: true, skipped: [{ check: 'statistics', reason: 'not asked for' }] });
  });
});
