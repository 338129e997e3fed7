import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EpisodeRecord } from '../../dataset/episode-record.ts';
import { MAX_FINDINGS_A_CHECK } from '../../dataset/findings.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { taskTable } from '../../dataset/task-table.ts';
import { type ValidateOptions, validateDataset } from '../../dataset/validate.ts';
import { InputError } from '../../sim/errors.ts';
import { LENGTHS, records, writeAll } from './small-dataset.ts';

let folder: string;
let whole: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-validate-'));
  whole = join(folder, 'whole');
  await writeAll({ out: whole });
});
afterAll(() => rmSync(folder, { recursive: true }));

const validate = async (root: string, options: Partial<ValidateOptions> = {}) =>
  validateDataset(await DatasetReader.open(root), { minEpisodes: 1, deep: false, ...options });

let copies = 0;
/** A copy of the whole dataset that something is then done to. */
function damaged(harm: (root: string) => void): string {
  const root = join(folder, `copy-${copies++}`);
  cpSync(whole, root, { recursive: true });
  harm(root);
  return root;
}

/** A dataset in which one episode is changed before it is written, so that everything else about it is in order. */
async function withEpisode(index: number, change: Partial<EpisodeRecord>): Promise<string> {
  const out = join(folder, `copy-${copies++}`);
  await writeAll({
    out,
    some: records.map((record, i) => (i === index ? { ...record, ...change } : record)),
  });
  return out;
}

function editJson(path: string, edit: (value: Record<string, unknown>) => void): void {
  const value = JSON.parse(readFileSync(path, 'utf8'));
  edit(value);
  writeFileSync(path, JSON.stringify(value));
}

const changedAt = (values: Float32Array, at: number, value: number): Float32Array => {
  const changed = values.slice();
  changed[at] = value;
  return changed;
};

const VIDEO = 'videos/observation.images.ego/chunk-000/file-000.mp4';
const DATA = 'data/chunk-000/file-001.parquet';

describe('validate', () => {
  it('finds nothing wrong with a dataset as written', async () => {
    const report = await validate(whole);
    expect(report).toEqual({
      ...{ ok: true, episodes: LENGTHS.length, frames: LENGTHS.reduce((a, b) => a + b) },
      ...{ faults: [], warnings: [], skipped: [] },
    });
  });

  it('compares the number of episodes and the size with what is asked for', async () => {
    const { faults } = await validate(whole, {
      minEpisodes: 50,
      expectSize: { widthPx: 320, heightPx: 240 },
    });
    expect(faults.map((fault) => fault.check)).toEqual(['min-episodes', 'size']);
    expect(faults[0].message).toContain('8 episodes');
    expect(faults[1].message).toContain('96x64');
  });

  it('names the episode, the frame and the command that makes it again for a NaN and for an action out of range', async () => {
    const states = changedAt(records[3].states, 4 * 7 + 2, Number.NaN);
    const nan = await validate(await withEpisode(3, { states }));
    expect(nan.ok).toBe(false);
    const [fault] = nan.faults.filter(({ check }) => check === 'finite');
    expect(fault).toMatchObject({ episode: 3 });
    expect(fault.message).toMatch(/observation\.state is NaN at frame 7, dimension 2/);
    expect(fault.message).toContain(
      '`brickyard gen --scenarios few --seed 7 --episodes 2 --size 96x64 --fps 10 --state seed4',
    );

    const actions = changedAt(records[5].actions, 4 * 3 + 1, 1.5);
    const range = await validate(await withEpisode(5, { actions }));
    expect(range.faults).toHaveLength(1);
    expect(range.faults[0]).toMatchObject({ episode: 5, check: 'action-range' });
    expect(range.faults[0].message).toContain('action is 1.5 at frame 3, dimension 1');
  });

  it('finds the same draw twice', async () => {
    const { key, scenario, scenarioHash, seed, slot, attempt } = records[0];
    const report = await validate(await withEpisode(4, { key, scenario, scenarioHash, seed, slot, attempt }));
    expect(report.faults).toHaveLength(1);
    expect(report.faults[0]).toMatchObject({ episode: 4, check: 'duplicates' });
    expect(report.faults[0].message).toContain('episode 0 again');
  });

  it('finds one turned byte in the video and in the rows', async () => {
    const flip = (path: string, fromEnd: number) => (root: string) => {
      const bytes = readFileSync(join(root, path));
      bytes[bytes.length - fromEnd] ^= 1;
      writeFileSync(join(root, path), bytes);
    };
    const video = await validate(damaged(flip(VIDEO, 40)));
    expect(video.faults.map(({ check }) => check)).toEqual(['content']);
    expect(video.faults[0].message).toContain('brickyard gen');
  });

  it('finds a video that lost its end, is missing, or is no video', async () => {
    const cut = await validate(
      damaged((root) => writeFileSync(join(root, VIDEO), readFileSync(join(root, VIDEO)).subarray(0, -20))),
    );
    expect(cut.faults.some(({ check, message }) => check === 'video' && message.includes('cut short'))).toBe(
      true,
    );
    const gone = await validate(damaged((root) => rmSync(join(root, VIDEO))));
    expect(
      gone.faults.some(({ check, message }) => check === 'video' && message.includes('is missing')),
    ).toBe(true);
    const text = await validate(
      damaged((root) => writeFileSync(join(root, VIDEO), 'no video at all, but long enough')),
    );
    expect(text.ok).toBe(false);
  });

  it('finds a parquet file without footer, missing or swapped with another', async () => {
    const torn = await validate(
      damaged((root) => writeFileSync(join(root, DATA), readFileSync(join(root, DATA)).subarray(0, -9))),
    );
    expect(torn.faults.some(({ check, message }) => check === 'data' && message.includes('file-001'))).toBe(
      true,
    );
    const gone = await validate(damaged((root) => rmSync(join(root, DATA))));
    expect(gone.faults.some(({ check }) => check === 'data')).toBe(true);
    const swapped = await validate(
      damaged((root) =>
        writeFileSync(join(root, DATA), readFileSync(join(root, 'data/chunk-000/file-000.parquet'))),
      ),
    );
    expect(swapped.faults.some(({ check }) => check === 'indices')).toBe(true);
  });

  it('finds totals that lie', async () => {
    const lie = (root: string) =>
      editJson(join(root, 'meta/info.json'), (info) =>
        Object.assign(info, { total_episodes: 9, total_frames: 1, total_tasks: 3 }),
      );
    const { faults } = await validate(damaged(lie));
    expect(faults.filter(({ check }) => check === 'totals')).toHaveLength(3);
  });

  it('finds statistics that do not fit the data, or lack the camera', async () => {
    const wrong = (root: string) =>
      editJson(join(root, 'meta/stats.json'), (stats) => {
        (stats.action as { mean: number[] }).mean[2] += 0.1;
        delete stats['observation.images.ego'];
      });
    const { faults } = await validate(damaged(wrong));
    expect(faults.map(({ check }) => check)).toEqual(['statistics', 'statistics']);
    expect(faults[0].message).toContain('mean of action');
    const gone = await validate(damaged((root) => rmSync(join(root, 'meta/stats.json'))));
    expect(gone.faults.map(({ message }) => message)).toEqual(['meta/stats.json is missing']);
  });

  it('warns of a camera std that lerobot computed with its overflow', async () => {
    const zero = (root: string) =>
      editJson(join(root, 'meta/stats.json'), (stats) => {
        (stats['observation.images.ego'] as { std: number[][][] }).std = [[[0]], [[0.2]], [[0.2]]];
      });
    const report = await validate(damaged(zero));
    expect(report.ok).toBe(true);
    expect(report.warnings.map(({ check }) => check)).toEqual(['camera-std']);
  });

  it.each([
    ['a constant channel with std 0', [0, 0.00001, 0.2], [0.5, 0, 0], [0.5, 0, 1], []],
    ['a varying channel with std 0', [0, 0.2, 0.2], [0.4, 0, 0], [0.6, 1, 1], ['camera-std']],
    ['a constant channel with a large std', [0.2, 0.2, 0.2], [0.5, 0, 0], [0.5, 1, 1], ['camera-std']],
  ])('tells a constant channel from an overflow: %s', async (_what, std, min, max, warned) => {
    const channels = (values: number[]) => values.map((value) => [[value]]);
    const edit = (root: string) =>
      editJson(join(root, 'meta/stats.json'), (stats) => {
        const camera = stats['observation.images.ego'] as Record<string, unknown>;
        const middle = min.map((low, i) => (low + max[i]) / 2);
        Object.assign(camera, { min: channels(min), max: channels(max), std: channels(std) });
        for (const name of ['mean', 'q10', 'q90']) camera[name] = channels(middle);
      });
    const { warnings } = await validate(damaged(edit));
    expect(warnings.map(({ check }) => check)).toEqual(warned);
  });

  it('finds metadata without success criteria, and a fingerprint of another dataset', async () => {
    const strip = (root: string) =>
      editJson(join(root, 'metadata.json'), (metadata) => {
        delete (metadata.success_criteria as Record<string, unknown>).few;
        (metadata.fingerprint as Record<string, unknown>).sha256 = '0'.repeat(64);
      });
    const { faults } = await validate(damaged(strip));
    expect(faults.map(({ check }) => check).sort()).toEqual(['content', 'success-criteria']);
    const gone = await validate(damaged((root) => rmSync(join(root, 'metadata.json'))));
    expect(gone.faults.map(({ check }) => check)).toEqual(['metadata']);
  });

  it('finds tasks that are missing or torn', async () => {
    const one = await validate(
      damaged((root) =>
        writeFileSync(join(root, 'meta/tasks.parquet'), taskTable(['put the brick into the box'])),
      ),
    );
    expect(one.faults.some(({ check }) => check === 'totals')).toBe(true);
    expect(one.faults.some(({ check }) => check === 'episode-rows')).toBe(true);
    const torn = await validate(damaged((root) => writeFileSync(join(root, 'meta/tasks.parquet'), 'PAR1')));
    expect(torn.faults.some(({ check }) => check === 'tasks')).toBe(true);
  });

  it('finds a column that info.json does not name, and one that is missing', async () => {
    const rename = (root: string) =>
      editJson(join(root, 'meta/info.json'), (info) => {
        const features = info.features as Record<string, unknown>;
        features['next.reward'] = features.timestamp;
        delete features.phase;
      });
    const { faults } = await validate(damaged(rename));
    const messages = faults.filter(({ check }) => check === 'data').map(({ message }) => message);
    expect(messages.some((message) => message.includes('no column next.reward'))).toBe(true);
    expect(messages.some((message) => message.includes('a column phase'))).toBe(true);
  });

  it('gathers all faults, but not without end', async () => {
    const report = await validate(
      damaged((root) => editJson(join(root, 'meta/info.json'), (info) => Object.assign(info, { fps: 7 }))),
    );
    for (let episode = 0; episode < LENGTHS.length; episode++) {
      expect(report.faults.some((fault) => fault.check === 'timestamps' && fault.episode === episode)).toBe(
        true,
      );
    }
    const { Findings } = await import('../../dataset/findings.ts');
    const findings = new Findings();
    for (let i = 0; i < 1000; i++) findings.fault(i, 'some', 'again');
    findings.close();
    expect(findings.faults).toHaveLength(MAX_FINDINGS_A_CHECK + 1);
    expect(findings.faults.at(-1)?.message).toContain(String(1000 - MAX_FINDINGS_A_CHECK));
  });
});

describe('a dataset damaged at random', () => {
  it('is never a crash: one byte changed anywhere gives a report, and in rows or pictures a fault', async () => {
    const paths = ['metadata.json', 'meta/stats.json', VIDEO];
    const copy = damaged(() => {});
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (path, at, flip) => {
          const original = readFileSync(join(copy, path));
          const bytes = Buffer.from(original);
          bytes[at % bytes.length] ^= flip;
          writeFileSync(join(copy, path), bytes);
          const report = await validate(copy);
          writeFileSync(join(copy, path), original);
          expect(Array.isArray(report.faults)).toBe(true);
          const isSample = path === VIDEO && at % bytes.length >= original.indexOf('mdat') + 4;
          if (isSample) expect(report.ok).toBe(false);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is a fault when a parquet file is cut anywhere', async () => {
    const copy = damaged(() => {});
    const paths = [DATA, 'meta/tasks.parquet', 'meta/episodes/chunk-000/file-001.parquet'];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.nat(), async (path, at) => {
        const original = readFileSync(join(copy, path));
        writeFileSync(join(copy, path), original.subarray(0, at % original.length));
        const report = await validate(copy);
        writeFileSync(join(copy, path), original);
        expect(report.faults.some(({ message }) => message.includes(path))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });
});

describe('opening what is no dataset of this version', () => {
  const refused = async (harm: (root: string) => void, message: RegExp) => {
    const opening = DatasetReader.open(damaged(harm));
    await expect(opening).rejects.toThrow(InputError);
    await expect(opening).rejects.toThrow(message);
  };
  const info = (edit: (value: Record<string, unknown>) => void) => (root: string) =>
    editJson(join(root, 'meta/info.json'), edit);

  it('says what is missing and what to do', async () => {
    await expect(DatasetReader.open(join(folder, 'nowhere'))).rejects.toThrow(/does not exist/);
    await expect(DatasetReader.open(join(whole, 'metadata.json'))).rejects.toThrow(/is a file/);
    await refused((root) => rmSync(join(root, 'meta'), { recursive: true }), /has no meta\/info\.json/);
    await refused(
      (root) => writeFileSync(join(root, 'meta/info.json'), '{"codebase_version": "v3.0",'),
      /is not JSON/,
    );
    await refused(
      info((value) => delete value.features),
      /features/,
    );
    await refused(
      info((value) => Object.assign(value, { fps: -1, total_frames: 1.5 })),
      /2 faults/,
    );
  });

  it('says how to convert version 2.1, and refuses versions to come', async () => {
    await refused(
      info((value) => Object.assign(value, { codebase_version: 'v2.1' })),
      /convert_dataset_v21_to_v30/,
    );
    await refused(
      info((value) => Object.assign(value, { codebase_version: 'v4.0' })),
      /"v4\.0", this reads v3\.0/,
    );
    await refused((root) => writeFileSync(join(root, 'meta/info.json'), 'null'), /holds no JSON object/);
  });

  it('refuses paths that lead out of the dataset', async () => {
    await refused(
      info((value) => Object.assign(value, { data_path: '../{chunk_index:03d}/x.parquet' })),
      /leads out/,
    );
    await refused(
      info((value) => Object.assign(value, { video_path: '/etc/{video_key}/{chunk_index}' })),
      /leads out/,
    );
    const camera = info((value) => {
      const features = value.features as Record<string, unknown>;
      features['../../../x'] = features['observation.images.ego'];
    });
    await refused(camera, /leads out/);
  });
});
