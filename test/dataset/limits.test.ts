/** Counts, sizes, names and links inside a dataset that promise or reach more than the dataset is: each refused at once. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { fillPath } from '../../dataset/layout.ts';
import { mp4Head } from '../../dataset/mp4.ts';
import { Mp4Error, readMp4 } from '../../dataset/mp4-reader.ts';
import { lz4Block, unpackPage } from '../../dataset/parquet-codecs.ts';
import { openParquet } from '../../dataset/parquet-file.ts';
import { assertValues } from '../../dataset/parquet-runs.ts';
import { parsePythonJson } from '../../dataset/python-json.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { validateDataset } from '../../dataset/validate.ts';
import { InputError } from '../../sim/errors.ts';
import { type ForeignOptions, tableWith, writeForeign } from './bare-dataset.ts';
import { madeUpVideo } from './made-up-video.ts';

const folder = mkdtempSync(join(tmpdir(), 'brickyard-limits-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
const fresh = (options: ForeignOptions = {}): string => writeForeign(join(folder, String(count++)), options);
async function faultsOf(root: string): Promise<string[]> {
  const report = await validateDataset(await DatasetReader.open(root), { minEpisodes: 1, deep: false });
  return report.faults.map(({ check, message }) => `${check}: ${message}`);
}
const DATA = 'data/chunk-000/file-000.parquet';

/** A file of one column of ten numbers, its footer changed before it is written. */
function parquetWith(change: (writer: ParquetWriter) => void): string {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [
      { name: 'schema', num_children: 1 },
      { name: 'index', type: 'INT64', repetition_type: 'OPTIONAL' },
    ],
  });
  writer.write({
    columnData: [{ name: 'index', data: BigInt64Array.from({ length: 10 }, (_, i) => BigInt(i)) }],
  });
  change(writer);
  writer.finish();
  const path = join(folder, `${count++}.parquet`);
  writeFileSync(path, bytes.getBytes());
  return path;
}
const readAll = async (path: string): Promise<unknown> => (await openParquet(path)).read();

describe('a parquet file', () => {
  it.each<[string, (writer: ParquetWriter) => void, RegExp]>([
    [
      'of 10^12 rows in a few bytes',
      (writer) => {
        writer.num_rows = 10n ** 12n;
        writer.row_groups[0].num_rows = 10n ** 12n;
      },
      /1000000000000 rows in/,
    ],
    [
      'of 60 million values in a few bytes',
      (writer) => {
        writer.num_rows = 60_000_000n;
        writer.row_groups[0].num_rows = 60_000_000n;
        writer.row_groups[0].columns[0].meta_data!.num_values = 60_000_000n;
      },
      /60000000 values and more in/,
    ],
    [
      'that counts other rows than its groups',
      (writer) => {
        writer.num_rows = 11n;
      },
      /10 rows in its groups, 11 in all/,
    ],
    [
      'with a column outside of itself',
      (writer) => {
        writer.row_groups[0].columns[0].meta_data!.total_compressed_size = 10n ** 9n;
      },
      /outside of the file/,
    ],
    [
      'of 40,000 columns',
      (writer) => {
        writer.schema[0].num_children = 40_000;
        for (let i = 1; i < 40_000; i++)
          writer.schema.push({ name: `c${i}`, type: 'INT64', repetition_type: 'OPTIONAL' });
      },
      /its schema has 40001 entries/,
    ],
  ])('%s is refused', async (_, change, message) => {
    await expect(readAll(parquetWith(change))).rejects.toThrow(message);
  });

  it('with a list of 2^31 entries in its footer is refused before any is made', async () => {
    // version, then a list of structs whose length is a varint
    const footer = Uint8Array.of(0x15, 2, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0x00);
    const path = join(folder, 'list.parquet');
    writeFileSync(
      path,
      Buffer.concat([
        Buffer.from('PAR1'),
        footer,
        Uint8Array.of(footer.length, 0, 0, 0),
        Buffer.from('PAR1'),
      ]),
    );
    await expect(readAll(path)).rejects.toThrow('a damaged footer');
  });

  it('whose pages unpack to more than they say is refused', () => {
    const bomb = zstdCompressSync(new Uint8Array(50_000_000));
    expect(() => unpackPage(bomb, 1000, 'ZSTD')).toThrow(/ZSTD data cannot be unpacked/);
    expect(() => unpackPage(Uint8Array.of(1, 2, 3), 1_000_000, 'SNAPPY')).toThrow(/3 bytes of SNAPPY cannot/);
    expect(() => lz4Block(Uint8Array.of(0x1f, 0, 1, 0, 255, 255, 255, 255, 0), 100)).toThrow(
      /outside the page/,
    );
    expect(() => unpackPage(new Uint8Array(3), 3, 'LZO')).toThrow(/codec LZO is not known/);
  });

  it('whose texts each repeat a long one before them is refused', () => {
    // a block of 128 values in 4 miniblocks without bits: 100,000 prefixes, each 1000 longer than the one before
    const header = (first: number, delta: number): number[] => [
      ...[0x80, 0x01, 4, ...varint(100_000), ...varint(first * 2)],
      ...Array.from({ length: 782 }, () => [...varint(delta * 2), 0, 0, 0, 0]).flat(),
    ];
    const page = Uint8Array.from([...header(0, 1000), ...header(1, 0)]);
    const values = { values: 100_000, encoding: 'DELTA_BYTE_ARRAY', isBoolean: false };
    expect(() => assertValues(page, values)).toThrow(/texts of \d+ bytes in one page/);
  });

  it('with a task_index of 4e9 is a fault that names it', async () => {
    const root = fresh();
    writeFileSync(
      join(root, 'meta/tasks.parquet'),
      tableWith({})({ task: ['move'], task_index: [4_000_000_000n] }),
    );
    expect(await faultsOf(root)).toContainEqual(
      expect.stringMatching(/task_index 4000000000 of "move" is not one of 0 to 0/),
    );
  });

  it('with episodes at positions beyond all counting is a fault', async () => {
    const root = fresh({
      episodes: { dataset_from_index: [0n, 2n ** 52n], 'data/file_index': [0n, 4_000_000_000n] },
    });
    expect((await faultsOf(root)).join('\n')).toMatch(/file-4000000000.parquet is missing/);
  });
});

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

describe('an MP4 file', () => {
  const video = madeUpVideo({ frames: 12, seed: 1 });
  const whole = Buffer.concat([mp4Head([video], 10).bytes, video.data]);

  it.each([
    ['stsz', 8, /stsz box of 100000000 frames with room for 12/],
    ['stts', 4, /stts box of 100000000 entries with room for/],
    ['stsc', 4, /stsc box of 100000000 entries with room for/],
    ['stss', 4, /stss box of 100000000 entries with room for/],
    ['stco', 4, /stco box of 100000000 entries with room for/],
  ])('whose %s box counts 10^8 entries is refused', async (box, at, message) => {
    const bytes = Buffer.from(whole);
    const place = bytes.indexOf(box);
    expect(place).toBeGreaterThan(0);
    bytes.writeUInt32BE(100_000_000, place + 4 + at);
    const path = join(folder, `${box}.mp4`);
    writeFileSync(path, bytes);
    await expect(readMp4(path)).rejects.toThrow(Mp4Error);
    await expect(readMp4(path)).rejects.toThrow(message);
  });

  it('of 10^8 frames of one byte each in a few hundred bytes is refused', async () => {
    const bytes = Buffer.from(whole);
    const place = bytes.indexOf('stsz');
    bytes.writeUInt32BE(1, place + 8);
    bytes.writeUInt32BE(100_000_000, place + 12);
    const path = join(folder, 'constant.mp4');
    writeFileSync(path, bytes);
    await expect(readMp4(path)).rejects.toThrow(/stsz box of 100000000 frames with room for \d+$/);
  });

  it('of many empty boxes is refused', async () => {
    const path = join(folder, 'boxes.mp4');
    const box = Buffer.from('00000008' + '66726565', 'hex');
    writeFileSync(path, Buffer.concat(Array.from({ length: 10_100 }, () => box)));
    await expect(readMp4(path)).rejects.toThrow(/more than 10000 boxes/);
  });
});

describe('info.json', () => {
  const scalar = { dtype: 'float32', shape: [1], names: null };
  const camera = { dtype: 'video', shape: [4, 4, 3], names: null };

  it.each([
    '../up',
    'a/../../up',
    '/etc/passwd',
    'a\0b',
    'a\nb',
    'a\u202eb',
    'a\\b',
    '..',
    '.',
    '',
    'x'.repeat(300),
  ])('with a feature named %j is refused, as a camera and as numbers', async (name) => {
    for (const feature of [camera, scalar]) {
      const root = fresh({ features: { [name]: feature } });
      await expect(DatasetReader.open(root)).rejects.toThrow(InputError);
      await expect(DatasetReader.open(root)).rejects.toThrow(/features: the name/);
    }
  });

  it.each([
    ['data_path', 'data/{chunk_index:0999999999d}.parquet', /asks for 999999999 digits/],
    ['video_path', 'videos/{file_index:070d}.mp4', /asks for 70 digits/],
    ['data_path', 'data/{index}.parquet', /\{index\} is not known/],
    ['data_path', 'data/\0{file_index}.parquet', /control character/],
    ['video_path', '/tmp/{video_key}/{file_index}.mp4', /leads out/],
  ])('with %s %j is refused', async (key, template, message) => {
    await expect(DatasetReader.open(fresh({ info: { [key]: template } }))).rejects.toThrow(message);
  });

  it('fills paths as Python does', () => {
    const place = { chunk: 7, file: 12 };
    expect(fillPath('c{chunk_index:06d}/f{file_index:03d}', place)).toBe('c000007/f012');
    expect(fillPath('{chunk_index}-{file_index:d}-{file_index:4d}', place)).toBe('7-12-  12');
    expect(fillPath('{video_key}/{chunk_index:03d}', place, '{file_index:9d}')).toBe('{file_index:9d}/007');
  });

  it('of 100,000 features is refused with their number', async () => {
    const features = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`f${i}`, scalar]));
    await expect(DatasetReader.open(fresh({ features }))).rejects.toThrow(
      /has 100007 features, at most 10000/,
    );
  });

  it('is bounded in depth and number of values, and takes NaN only outside of texts', () => {
    expect(() => parsePythonJson('['.repeat(200_000))).toThrow(/nested more than 100 levels/);
    expect(() => parsePythonJson(`[${'0,'.repeat(6_000_000)}0]`)).toThrow(/more than 5000000 values/);
    expect(parsePythonJson('{"a": NaN, "b": [-Infinity, Infinity], "NaN": "Infinity \\" NaN"}')).toEqual({
      ...{ a: null, b: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], NaN: 'Infinity " NaN' },
    });
    expect(() => parsePythonJson('{"a": NaNa}')).toThrow();
    expect(() => parsePythonJson('{"a": {"__proto__": 1}}')).toThrow(/name "__proto__"; rename it/);
    expect(() => parsePythonJson('{"\\u005f_proto__": NaN}')).toThrow(/name "__proto__"; rename it/);
  });
});

describe('a file of a dataset', () => {
  const FILES = [DATA, 'meta/episodes/chunk-000/file-000.parquet', 'meta/tasks.parquet', 'meta/stats.json'];

  it.each(FILES)('%s that is a named pipe is a fault, and is not waited for', async (file) => {
    const root = fresh();
    rmSync(join(root, file));
    execFileSync('mkfifo', [join(root, file)]);
    expect((await faultsOf(root)).join('\n')).toMatch(/is a named pipe; only regular files are read/);
  });

  it.each(FILES)('%s that is a link out of the dataset is a fault', async (file) => {
    const [root, other] = [fresh(), fresh()];
    rmSync(join(root, file));
    symlinkSync(join(other, file), join(root, file));
    expect((await faultsOf(root)).join('\n')).toMatch(/leads out of/);
  });

  it('that is a link out of the dataset is refused where it is info.json', async () => {
    const [root, other] = [fresh(), fresh()];
    rmSync(join(root, 'meta/info.json'));
    symlinkSync(join(other, 'meta/info.json'), join(root, 'meta/info.json'));
    await expect(DatasetReader.open(root)).rejects.toThrow(/leads out of/);
  });

  it('may be a link as the cache of the Hub has them', async () => {
    const plain = fresh();
    const snapshot = join(folder, 'cache/snapshots/abc');
    mkdirSync(join(folder, 'cache/blobs'), { recursive: true });
    for (const entry of readdirSync(plain, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = relative(plain, join(entry.parentPath, entry.name));
      const blob = join(folder, 'cache/blobs', String(count++));
      renameSync(join(plain, path), blob);
      mkdirSync(dirname(join(snapshot, path)), { recursive: true });
      symlinkSync(relative(dirname(join(snapshot, path)), blob), join(snapshot, path));
    }
    expect(await faultsOf(snapshot)).toEqual([]);
  });
});

describe('rows of meta/episodes', () => {
  it('are the same one after the other, by position and in the index', async () => {
    const reader = await DatasetReader.open(fresh());
    const rows = await reader.episodes();
    const index = await reader.episodeIndex();
    expect(index.count).toBe(rows.length);
    for (const [k, row] of rows.entries()) {
      expect(index.row(k)).toEqual({ ...row, statistics: {}, provenance: null });
      expect((await reader.episodesAt([k, -1, 99])).get(k)).toEqual(row);
    }
  });
});
