/** What lerobot loads is valid: rules of the loader, or of one writer, are not rules of every dataset. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { CompressionCodec } from 'hyparquet';
import { afterAll, describe, expect, it } from 'vitest';
import { cameraSize, flatNames } from '../../dataset/camera-shape.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { vectorStatistics } from '../../dataset/statistics.ts';
import { type ValidationReport, validateDataset } from '../../dataset/validate.ts';
import { type ForeignOptions, tableWith, writeForeign } from './bare-dataset.ts';

const folder = mkdtempSync(join(tmpdir(), 'brickyard-foreign-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
async function reportOf(options: ForeignOptions): Promise<ValidationReport> {
  const root = writeForeign(join(folder, String(count++)), options);
  return validateDataset(await DatasetReader.open(root), { minEpisodes: 1, deep: false });
}
const told = ({ faults, warnings }: ValidationReport) => ({
  faults: faults.map(({ check, message }) => `${check}: ${message}`),
  warnings: warnings.map(({ check }) => check),
});

/** A block of literals alone, which any LZ4 reader takes. */
function lz4Literals(bytes: Uint8Array): Uint8Array {
  const length: number[] = [];
  let left = bytes.length - 15;
  if (left < 0) return Buffer.concat([Uint8Array.of(bytes.length << 4), bytes]);
  for (; left >= 255; left -= 255) length.push(255);
  return Buffer.concat([Uint8Array.of(0xf0, ...length, left), bytes]);
}

const CODECS: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  GZIP: (bytes) => gzipSync(bytes),
  ZSTD: (bytes) => zstdCompressSync(bytes),
  BROTLI: (bytes) => brotliCompressSync(bytes),
  LZ4_RAW: lz4Literals,
};

describe('a foreign dataset is valid', () => {
  it.each(Object.keys(CODECS))('with parquet files in %s', async (codec) => {
    const table = tableWith({ codec: codec as CompressionCodec, compressors: CODECS });
    expect(told(await reportOf({ table })).faults).toEqual([]);
  });

  it('with several row groups in a file', async () => {
    const table = tableWith({ rowGroupSize: 1 });
    expect(told(await reportOf({ table })).faults).toEqual([]);
  });

  it('with actions in degrees, which are faults only where the robot is the loader', async () => {
    expect(told(await reportOf({})).faults).toEqual([]);
    const loader = await reportOf({ info: { robot_type: 'wheel_loader' } });
    expect(loader.faults.map(({ check }) => check)).toEqual(['action-range', 'action-range']);
  });

  it.each<[string, ForeignOptions]>([
    ['with splits null', { info: { splits: null } }],
    [
      'with nested names',
      { features: { action: { dtype: 'float32', shape: [2], names: { motors: ['a', 'b'] } } } },
    ],
    [
      'with names in lists of lists',
      { features: { action: { dtype: 'float32', shape: [2], names: [['a', 'b']] } } },
    ],
    ['with fps that is no whole number', { info: { fps: 10.0000001 } }],
    ['without total_tasks', { info: { total_tasks: undefined } }],
  ])('%s', async (_, options) => {
    expect(told(await reportOf(options)).faults).toEqual([]);
  });

  it('with statistics of index columns that an editor left stale, with a warning each', async () => {
    const stale = { min: [3], max: [9], mean: [5], std: [1], count: [4] };
    const stats = JSON.stringify({ index: stale, episode_index: stale });
    const { faults, warnings } = told(await reportOf({ stats }));
    expect(faults).toEqual([]);
    expect(warnings.filter((check) => check === 'statistics').length).toBeGreaterThanOrEqual(2);
  });

  it('without stats.json, and with NaN in it as Python writes it, with a warning', async () => {
    for (const stats of [null, '{"action": {"mean": [NaN, Infinity], "std": [-Infinity, 1]}}']) {
      const { faults, warnings } = told(await reportOf({ stats }));
      expect(faults.filter((fault) => !fault.includes('missing'))).toEqual([]);
      expect(warnings).toContain('statistics');
    }
  });

  it('with statistics of a feature of two axes for each number or pooled over all but the last', async () => {
    const cells = Array.from({ length: 8 }, (_, i) => [
      [i, 2 * i, 3],
      [4 * i, 5, -i],
    ]);
    const features = { grid: { dtype: 'float32', shape: [2, 3], names: null } };
    const each = vectorStatistics(cells.flat(2), 6);
    const pooled = { ...vectorStatistics(cells.flat(2), 3), count: [8] };
    for (const grid of [each, pooled]) {
      const report = await reportOf({ features, data: { grid: cells }, stats: JSON.stringify({ grid }) });
      expect(told(report).faults).toEqual([]);
    }
    const wrong = { ...pooled, mean: [9, 9, 9] };
    const report = await reportOf({
      features,
      data: { grid: cells },
      stats: JSON.stringify({ grid: wrong }),
    });
    expect(told(report).faults).toEqual([expect.stringContaining('mean of grid is stored as 9, 9, 9')]);
  });

  it('with NaN in a column that no policy reads, with a warning', async () => {
    const features = { 'next.reward': { dtype: 'float32', shape: [1], names: null } };
    const data = { 'next.reward': Array.from({ length: 8 }, (_, i) => (i === 3 ? Number.NaN : 0)) };
    const { faults, warnings } = told(await reportOf({ features, data }));
    expect(faults).toEqual([]);
    expect(warnings).toContain('finite');
  });
});

describe('the size of a camera', () => {
  it.each([
    [
      [48, 32, 3],
      ['height', 'width', 'channels'],
      [32, 48],
    ],
    [
      [48, 32, 3],
      ['height', 'width', 'channel'],
      [32, 48],
    ],
    [
      [3, 48, 32],
      ['channels', 'height', 'width'],
      [32, 48],
    ],
    [
      [3, 48, 32],
      ['channel', 'height', 'width'],
      [32, 48],
    ],
    [
      [32, 48, 3],
      ['width', 'height', 'channels'],
      [32, 48],
    ],
    [[3, 48, 32], { axes: ['channels', 'height', 'width'] }, [32, 48]],
    [[3, 48, 32], null, [32, 48]],
    [[48, 32, 3], null, [32, 48]],
    [[48, 32, 1], undefined, [32, 48]],
    [[48, 32], null, [32, 48]],
  ])('of shape %j with names %j is %j', (shape, names, [widthPx, heightPx]) => {
    expect(cameraSize({ shape, names })).toMatchObject({ widthPx, heightPx });
  });

  it('finds names wherever they are', () => {
    expect(flatNames({ motors: ['a', 'b'], gripper: ['c'] })).toEqual(['a', 'b', 'c']);
    expect(flatNames([['a'], ['b']])).toEqual(['a', 'b']);
    expect(flatNames(null)).toBeNull();
  });
});
