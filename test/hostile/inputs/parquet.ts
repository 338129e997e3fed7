/** Datasets whose parquet files claim what they do not hold. */
import { join } from 'node:path';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import type { HostileCase, HostileClass } from '../case.ts';
import { bytes, type Change, DATA, datasetCase, EPISODES, info, TASKS } from './dataset.ts';
import { STANDS } from './not-regular.ts';
import { type Thrift, withFirstPage, withFooter } from './parquet-bytes.ts';

const FILES = [DATA, EPISODES, TASKS];
const of = (file: string): RegExp => new RegExp(file.split('/')[1]);

const inParquet = (name: string, kind: HostileClass, file: string, change: Change, extra = {}): HostileCase =>
  datasetCase({ format: 'parquet', kind, name: `${file}: ${name}`, change, says: of(file), ...extra });

/** `handled`: what lies in a part that nobody reads may stay. */
const footer = (
  name: string,
  kind: HostileClass,
  change: (value: Thrift) => void,
  handled = false,
): HostileCase[] =>
  FILES.map((file) =>
    inParquet(
      name,
      kind,
      file,
      bytes(file, (all) => withFooter(all, change)),
      handled ? { codes: [0, 1, 2], says: /\S/ } : {},
    ),
  );

const column = (value: Thrift): Thrift => value.field_4[0].field_1[0].field_3;

const footers: HostileCase[] = [
  ...footer('4 billion rows', 'huge count', (value) => {
    value.field_3 = 4_000_000_000n;
  }),
  ...footer('-1 rows', 'wrong value', (value) => {
    value.field_3 = -1n;
  }),
  ...footer('a row group of 2^60 rows', 'huge count', (value) => {
    value.field_4[0].field_3 = 2n ** 60n;
  }),
  ...footer('no row group', 'damaged', (value) => {
    value.field_4 = [];
  }),
  ...footer('a column of 2^53 values', 'huge count', (value) => {
    column(value).field_5 = 2n ** 53n;
  }),
  ...footer('a column of 2^40 bytes', 'huge count', (value) => {
    column(value).field_7 = 2n ** 40n;
    column(value).field_6 = 2n ** 40n;
  }),
  ...footer('a column that begins before the file', 'wrong value', (value) => {
    column(value).field_9 = -100n;
  }),
  ...footer('a column that begins behind the file', 'wrong value', (value) => {
    column(value).field_9 = 2n ** 40n;
  }),
  ...footer('a codec that there is not', 'wrong value', (value) => {
    column(value).field_4 = 77;
  }),
  ...footer(
    'a column that reads another file',
    'other files',
    (value) => {
      value.field_4[0].field_1[0] = {
        field_1: '../../../outside/secret.bin',
        ...value.field_4[0].field_1[0],
      };
    },
    true,
  ),
  ...footer('a root with 2 billion children', 'huge count', (value) => {
    value.field_2[0].field_5 = 2_000_000_000;
  }),
  ...footer('a schema nested 10,000 deep', 'never ends', (value) => {
    const deep = Array.from({ length: 10_000 }, () => ({ field_3: 0, field_4: 'd', field_5: 1 }));
    value.field_2.push(...deep);
    value.field_2[0].field_5++;
  }),
  ...footer(
    '200,000 columns',
    'huge count',
    (value) => {
      for (let i = 0; i < 200_000; i++) value.field_2.push({ field_1: 2, field_3: 0, field_4: `c${i}` });
      value.field_2[0].field_5 += 200_000;
    },
    true,
  ),
  ...footer('a column called ../../x', 'names and paths', (value) => {
    value.field_2[1].field_4 = '../../x';
  }),
  ...footer(
    'a type that there is not',
    'wrong type',
    (value) => {
      value.field_2[1].field_1 = 99;
    },
    true,
  ),
];

const pages: HostileCase[] = FILES.flatMap((file) => {
  const page = (
    name: string,
    kind: HostileClass,
    change: Parameters<typeof withFirstPage>[1],
    handled = false,
  ) =>
    inParquet(
      name,
      kind,
      file,
      bytes(file, (all) => withFirstPage(all, change)),
      handled ? { codes: [0, 1, 2], says: /\S/ } : {},
    );
  return [
    page('a page that unfolds to 2 GB', 'unfolds to more', (header) => {
      header.field_2 = 2 ** 31 - 1;
    }),
    page('a page of -5 bytes', 'wrong value', (header) => {
      header.field_2 = -5;
    }),
    page('a page that is longer than the file', 'wrong value', (header) => {
      header.field_3 = 2 ** 30;
    }),
    page('a page of 2 billion values', 'huge count', (header) => {
      const values = header.field_5 ?? header.field_7 ?? header.field_8;
      values.field_1 = 2 ** 31 - 1;
    }),
    page(
      'a page of an unknown kind',
      'wrong type',
      (header) => {
        header.field_1 = 9;
      },
      true,
    ),
    page('a page of random bytes', 'damaged', (_header, all) => Buffer.alloc(all.length, 'f09f7a')),
  ];
});

const text: HostileCase[] = FILES.flatMap((file) => [
  inParquet(
    'cut in half',
    'damaged',
    file,
    bytes(file, (all) => all.subarray(0, all.length / 2)),
  ),
  inParquet(
    'without its last byte',
    'damaged',
    file,
    bytes(file, (all) => all.subarray(0, -1)),
  ),
  inParquet(
    'nothing but PAR1',
    'damaged',
    file,
    bytes(file, () => Buffer.from('PAR1PAR1PAR1')),
  ),
  inParquet(
    'a footer of 4 GB',
    'huge count',
    file,
    bytes(file, (all) => {
      all.writeUInt32LE(2 ** 32 - 1, all.length - 8);
      return all;
    }),
  ),
  inParquet(
    'a list of 2 billion entries in the footer',
    'huge count',
    file,
    bytes(file, () => {
      const thrift = Buffer.from('1504190cf9ffffffff0f', 'hex').subarray(0, 2);
      const list = Buffer.from([0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0x00]);
      const end = Buffer.alloc(8);
      end.writeUInt32LE(thrift.length + list.length, 0);
      end.write('PAR1', 4, 'latin1');
      return Buffer.concat([Buffer.from('PAR1'), thrift, list, end]);
    }),
  ),
]);

/** A table of its own in the place of a file. */
const table = (file: string, columns: Parameters<typeof parquetWrite>[0]['columnData']): Change =>
  bytes(file, () => {
    const writer = new ByteWriter();
    parquetWrite({ writer, columnData: columns });
    return new Uint8Array(writer.getBytes());
  });

const taskRows = (...indices: bigint[]) => [
  { name: 'task_index', data: indices, type: 'INT64' as const },
  { name: '__index_level_0__', data: indices.map((i) => `task ${i}`), type: 'STRING' as const },
];

const tables: HostileCase[] = [
  inParquet('a task of index 4 billion', 'huge count', TASKS, table(TASKS, taskRows(0n, 4_000_000_000n))),
  inParquet('a task of index 2^62', 'huge count', TASKS, table(TASKS, taskRows(0n, 2n ** 62n))),
  inParquet('a task of index -1', 'wrong value', TASKS, table(TASKS, taskRows(0n, -1n))),
  inParquet('the same task index twice', 'wrong value', TASKS, table(TASKS, taskRows(0n, 0n)), {
    codes: [0, 1, 2],
    says: /\S/,
  }),
  inParquet('no rows', 'wrong value', TASKS, table(TASKS, taskRows())),
  inParquet('no rows', 'wrong value', EPISODES, table(EPISODES, taskRows())),
  inParquet('other columns', 'wrong type', DATA, table(DATA, taskRows(0n, 1n))),
  inParquet(
    '20 million equal values',
    'unfolds to more',
    DATA,
    table(DATA, [{ name: 'action', data: Array(5_000_000).fill(0), type: 'FLOAT' }]),
  ),
];

const stands: HostileCase[] = FILES.flatMap((file) =>
  STANDS.map(({ name, kind, put }) =>
    inParquet(`it is ${name}`, kind, file, (root, place) => put(join(root, file), place)),
  ),
);

const infos: HostileCase[] = FILES.slice(1).map((file) =>
  inParquet(
    'info on half of it',
    'damaged',
    file,
    bytes(file, (all) => all.subarray(0, 100)),
    { argv: info },
  ),
);

export const PARQUET: readonly HostileCase[] = [
  ...footers,
  ...pages,
  ...text,
  ...tables,
  ...stands,
  ...infos,
];
