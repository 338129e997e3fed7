/** `merge` and `split` of datasets with columns and features that brickyard never writes itself. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mergeDatasets } from '../../dataset/merge.ts';
import type { StoredType } from '../../dataset/parquet-table.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { splitDataset } from '../../dataset/split.ts';
import {
  type ExtraColumn,
  type ForeignFeature,
  type ForeignOptions,
  writeForeign,
} from './foreign-dataset.ts';
import { faultsOf } from './small-dataset.ts';

let folder: string;
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-columns-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const fresh = (): string => join(folder, `${count++}`);
const foreign = (options: ForeignOptions): string => writeForeign(fresh(), options);
const EPISODES = 'meta/episodes/chunk-000/file-000.parquet';
const DATA = 'data/chunk-000/file-000.parquet';

async function merged(...roots: string[]) {
  const out = fresh();
  const result = await mergeDatasets({ roots, out, command: 'merge' });
  expect(await faultsOf(out)).toEqual([]);
  return { out, result };
}

/** Type and values of a column as any reader finds them. */
async function columnIn(root: string, file: string, name: string) {
  const bytes = readFileSync(join(root, file));
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const { schema } = parquetMetadata(buffer);
  const at = schema.findIndex((element) => element.name === name);
  const {
    repetition_type,
    name: _,
    ...type
  } = schema[schema[at].num_children ? at + 2 : at] as SchemaElement;
  const rows = await parquetReadObjects({ file: buffer, columns: [name] });
  return { type: JSON.parse(JSON.stringify(type)), values: rows.map((row) => row[name]) };
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const uuid = bytes(...Array.from({ length: 16 }, (_, i) => i * 7));
const TYPES: [string, StoredType, unknown][] = [
  ['a date', { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } }, 20_000],
  ...(['MILLIS', 'MICROS', 'NANOS'] as const).map((unit): [string, StoredType, unknown] => [
    `a timestamp in ${unit}`,
    { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: unit === 'MICROS', unit } },
    1_767_225_600_123n,
  ]),
  ['a time', { type: 'INT64', logical_type: { type: 'TIME', isAdjustedToUTC: false, unit: 'MICROS' } }, 5n],
  [
    'a decimal',
    {
      ...{ type: 'FIXED_LEN_BYTE_ARRAY', type_length: 9, converted_type: 'DECIMAL', scale: 3, precision: 20 },
      logical_type: { type: 'DECIMAL', scale: 3, precision: 20 },
    },
    bytes(0, 0, 0, 0, 0, 1, 2, 3, 4),
  ],
  ['an identifier', { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } }, uuid],
  [
    '16 bits',
    { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2, logical_type: { type: 'FLOAT16' } },
    bytes(0, 60),
  ],
  [
    'an unsigned number',
    {
      type: 'INT64',
      converted_type: 'UINT_64',
      logical_type: { type: 'INTEGER', bitWidth: 64, isSigned: false },
    },
    2n ** 62n,
  ],
  ['bytes without a meaning', { type: 'BYTE_ARRAY' }, bytes(1, 2, 255)],
  [
    'JSON',
    { type: 'BYTE_ARRAY', converted_type: 'JSON', logical_type: { type: 'JSON' } },
    Buffer.from('{"a":1}'),
  ],
];

describe('a column of meta/episodes with a type of its own', () => {
  const extra = (stored: StoredType, value: unknown, depth = 0): ExtraColumn => ({
    column: { name: 'note', leaf: 'stored', stored, depth },
    values: [depth > 0 ? [value, value] : value, null],
  });
  it.each(TYPES)('keeps type and values: %s', async (_name, stored, value) => {
    for (const depth of [0, 1]) {
      const root = foreign({ lengths: [4, 3], episodeColumns: [extra(stored, value, depth)] });
      const before = await columnIn(root, EPISODES, 'note');
      const plain = foreign({ lengths: [2] });
      const { out, result } = await merged(root, plain, root);
      const after = await columnIn(out, EPISODES, 'note');
      expect(after.type).toEqual(before.type);
      expect(after.values).toEqual(
        [...before.values, null, ...before.values].map((v) => v ?? after.values[1]),
      );
      expect(result.losses).toEqual([]);
      const parts = fresh();
      await splitDataset({ root: out, out: parts, by: 'length', at: [3], seed: 0, command: 'split' });
      expect((await columnIn(join(parts, 'from-3'), EPISODES, 'note')).type).toEqual(before.type);
    }
  });

  it('is refused by name where another dataset has another type there', async () => {
    const date = foreign({ lengths: [2], episodeColumns: [extra(TYPES[0][1], 1)] });
    const text: ExtraColumn = { column: { name: 'note', leaf: 'string' }, values: ['a', 'b'] };
    const roots = [date, foreign({ lengths: [2], episodeColumns: [text] })];
    const merging = mergeDatasets({ roots, out: fresh(), command: 'merge' });
    await expect(merging).rejects.toThrow(
      /the column note has the type string, in .* date; make both the same/,
    );
    await expect(merging).rejects.toMatchObject({ name: 'InputError' });
  });
});

describe('features', () => {
  const dtypes = fc.constantFrom(
    ...['float16', 'float32', 'float64', 'bool', 'string'],
    ...['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'],
  );
  const feature: fc.Arbitrary<ForeignFeature> = fc
    .record({
      dtype: dtypes,
      shape: fc.constantFrom<number[][]>([1], [2], [5], [2, 3]),
      names: fc.constantFrom(null, undefined, { motors: ['a', 'b'] }),
    })
    .map((one) => (one.dtype === 'string' ? { ...one, shape: [1] } : one));
  const dataset = fc.record({
    features: fc.dictionary(fc.constantFrom('extra', 'observation.effort', 'next.done', 'x y'), feature),
    lengths: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 4 }),
    statistics: fc.constantFrom('both' as const, 'stats.json' as const, 'none' as const),
    tasks: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 3, maxLength: 3 }),
    step: fc.integer({ min: 1, max: 3 }),
  });

  it('of a valid dataset are valid after merge and split, with the same values and tasks (property)', async () => {
    let valid = 0;
    await fc.assert(
      fc.asyncProperty(dataset, async ({ step, ...options }) => {
        const taskOf = (episode: number, frame: number) => (episode + Math.floor(frame / step)) % 3;
        const root = foreign({ ...options, taskOf });
        if ((await faultsOf(root)).length > 0) return;
        valid++;
        const { out } = await merged(root, root);
        for (const name of Object.keys(options.features)) {
          const [before, after] = [await columnIn(root, DATA, name), await columnIn(out, DATA, name)];
          expect(after.type).toEqual(before.type);
          expect(after.values).toEqual([...before.values, ...before.values]);
        }
        const texts = async (where: string): Promise<string[]> => {
          const tasks = await (await DatasetReader.open(where)).tasks();
          return (await columnIn(where, DATA, 'task_index')).values.map((index) => tasks[Number(index)]);
        };
        expect(await texts(out)).toEqual([...(await texts(root)), ...(await texts(root))]);
        const parts = await splitDataset({
          ...{ root: out, out: fresh(), by: 'share', share: 0.5, seed: 1, command: 'split' },
        });
        const where = join(folder, `${count - 1}`);
        for (const { name } of parts) expect(await faultsOf(join(where, name))).toEqual([]);
      }),
      { numRuns: 25 },
    );
    expect(valid).toBeGreaterThan(5);
  });

  it('that the data files store as another type are refused by name', async () => {
    const root = foreign({ lengths: [2], features: { extra: { dtype: 'int16', shape: [1] } } });
    const path = join(root, 'meta/info.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"int16"', '"string"'));
    const merging = mergeDatasets({ roots: [root, root], out: fresh(), command: 'merge' });
    await expect(merging).rejects.toThrow(
      /the column extra of the data files has the type int16, info.json says string/,
    );
  });

  it('that info.json does not describe are named as left out', async () => {
    const column = { name: 'spare', leaf: 'double' } as const;
    const root = foreign({ lengths: [2], dataColumns: [{ column, values: [1, 2] }] });
    const { result } = await merged(root, root);
    expect(result.losses[0]).toEqual({
      what: expect.stringContaining('the column spare of the data files'),
      why: 'left out: info.json does not describe it',
    });
  });
});
