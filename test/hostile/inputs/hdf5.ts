/** HDF5 episodes that lead to other files, claim more than they hold, or are damaged. */
import { copyFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { File } from 'h5wasm/node';
import {
  type Attributes,
  actItems,
  type Hdf5Item,
  hdf5Folder,
  pixels,
  rowsOf,
} from '../../dataset/hdf5-files.ts';
import type { HostileCase, HostileClass, Place } from '../case.ts';
import { STANDS } from './not-regular.ts';

const EPISODE = 'episode_0.hdf5';
const FIXTURES = join(import.meta.dirname, '../../fixtures/hdf5');

interface Hdf5Case {
  name: string;
  kind: HostileClass;
  items?: Record<string, Hdf5Item>;
  attributes?: Attributes;
  add?: (file: File, place: Place) => void;
  /** Once the file is written. */
  spoil?: (path: string, place: Place) => void;
  says?: RegExp;
  codes?: readonly number[];
}

function hdf5Case({
  items,
  attributes,
  add,
  spoil,
  says = /episode_0\.hdf5/,
  codes = [2],
  ...rest
}: Hdf5Case): HostileCase {
  return {
    ...rest,
    ...{ format: 'HDF5', says, codes },
    argv: ({ folder, out }) => ['dataset', 'convert', join(folder, 'h'), '--to', 'lerobot', '--out', out],
    make: async (place) => {
      const root = join(place.folder, 'h');
      const then = (file: File): void => add?.(file, place);
      await hdf5Folder(root, items ?? actItems(), {
        ...(attributes && { attributes }),
        then,
      });
      spoil?.(join(root, EPISODE), place);
    },
  };
}

const feature = (name: string, dtype: string, shape: unknown) => ({ [name]: { dtype, shape, names: null } });
const own = { ...feature('action', 'float32', [3]), ...feature('observation.state', 'float32', [3]) };
const described = (name: string, kind: HostileClass, features: unknown): HostileCase =>
  hdf5Case({
    name: `features: ${name}`,
    kind,
    says: /episode_0\.hdf5|feature/,
    attributes: { fps: 50, features: typeof features === 'string' ? features : JSON.stringify(features) },
  });

const others: HostileCase[] = [
  ...['external-storage.hdf5', 'virtual-dataset.hdf5', 'plugin-filter.hdf5'].map((name) =>
    hdf5Case({ name, kind: 'other files', spoil: (path) => copyFileSync(join(FIXTURES, name), path) }),
  ),
  hdf5Case({
    name: 'an external link to a file beside the input',
    kind: 'other files',
    add: (file, { secret }) => file.create_external_link(secret, '/', 'columns'),
  }),
  hdf5Case({
    name: 'a camera that is an external link',
    kind: 'other files',
    add: (file, { secret }) => file.create_external_link(secret, 'x', 'observations/images/leak'),
  }),
  hdf5Case({
    name: 'a soft link',
    kind: 'other files',
    add: (file) => file.create_soft_link('/action', 'alias'),
  }),
  hdf5Case({
    name: 'a soft link to itself',
    kind: 'never ends',
    add: (file) => file.create_soft_link('/round', 'round'),
  }),
  hdf5Case({
    name: 'a group within itself',
    kind: 'never ends',
    add: (file) => file.create_hard_link('/', 'observations/again'),
  }),
  hdf5Case({
    name: 'the file is a link out of its folder',
    kind: 'other files',
    says: /\S/,
    spoil: (path, { folder }) => {
      const outside = join(folder, 'outside.hdf5');
      renameSync(path, outside);
      symlinkSync(outside, path);
    },
    codes: [0, 2],
  }),
];

const NAMES = ['../../x', '/etc/passwd', '..', 'a/../../b', '\u202egnp', 'x\u0000y', 'n'.repeat(300), ''];
const names: HostileCase[] = NAMES.flatMap((name) => {
  const shown = JSON.stringify(name).slice(0, 30);
  return [
    described(`a camera ${shown}`, 'names and paths', { ...own, ...feature(name, 'video', [16, 32, 3]) }),
    described(`a column ${shown}`, 'names and paths', { ...own, ...feature(name, 'float32', [1]) }),
  ];
});

const values: HostileCase[] = [
  described('no JSON', 'damaged', '{'),
  described('a list', 'wrong type', []),
  described('null', 'wrong type', 'null'),
  described('100,000 brackets', 'never ends', '['.repeat(60_000)),
  described('a shape of 1e9', 'huge count', { ...own, ...feature('x', 'float32', [1e9]) }),
  described('a shape of -1', 'wrong value', { ...own, ...feature('action', 'float32', [-1]) }),
  described('a shape as text', 'wrong type', { ...own, ...feature('action', 'float32', '3') }),
  described('a type that there is not', 'wrong type', { ...own, ...feature('action', 'object', [3]) }),
  ...[-1, 0, 1e18, Number.NaN].map((fps) =>
    hdf5Case({ name: `fps ${fps}`, kind: 'wrong value', attributes: { fps }, says: /fps/ }),
  ),
  hdf5Case({ name: 'no fps', kind: 'wrong value', attributes: { task: 'x' }, says: /fps/ }),
  hdf5Case({ name: 'no action', kind: 'damaged', items: { 'observations/qpos': rowsOf(3) }, says: /action/ }),
  hdf5Case({ name: 'no frames', kind: 'wrong value', items: { ...actItems(), action: rowsOf(3, 0) } }),
  hdf5Case({
    name: 'more rows of state than frames',
    kind: 'wrong value',
    items: { ...actItems(), 'observations/qpos': rowsOf(3, 9) },
  }),
  hdf5Case({
    name: 'more pictures than frames',
    kind: 'wrong value',
    items: { ...actItems(), 'observations/images/top': pixels({ frames: 6 }) },
  }),
  hdf5Case({
    name: 'text for an action',
    kind: 'wrong type',
    items: { ...actItems(), action: { data: ['a', 'b', 'c', 'd'] } },
  }),
  ...[1e9, 1e12].map((rows) =>
    hdf5Case({
      name: `${rows} rows that are not there`,
      kind: 'huge count',
      add: (file) => {
        const whole = {
          data: new Float32Array(3),
          shape: [1, 3],
          maxshape: [null, 3] as never,
          chunks: [1, 3],
          dtype: '<f',
        };
        file.create_dataset({ name: 'huge', ...whole }).resize([rows, 3]);
      },
    }),
  ),
];

const spoiled = (
  name: string,
  kind: HostileClass,
  edit: (bytes: Buffer) => Uint8Array,
  codes = [2],
): HostileCase =>
  hdf5Case({
    ...{ name, kind, codes, says: codes.includes(0) ? /\S/ : /episode_0\.hdf5/ },
    spoil: (path) => writeFileSync(path, edit(readFileSync(path))),
  });
const bytes: HostileCase[] = [
  spoiled('cut in half', 'damaged', (all) => all.subarray(0, all.length / 2)),
  spoiled('its first 100 bytes', 'damaged', (all) => all.subarray(0, 100)),
  spoiled('text', 'damaged', () => Buffer.from('no HDF5 at all')),
  spoiled('its signature alone', 'damaged', (all) => all.subarray(0, 8)),
  ...[8, 13, 24, 40, 96, 200, 700, 1500].map((at) =>
    spoiled(`eight bytes of ff at ${at}`, 'damaged', (all) => all.fill(0xff, at, at + 8), [0, 1, 2]),
  ),
];

const stands: HostileCase[] = STANDS.map(({ name, kind, put }) =>
  hdf5Case({ name: `it is ${name}`, kind, spoil: put, says: /episode_0\.hdf5|leads out/ }),
);
const folders: HostileCase[] = [
  hdf5Case({
    name: 'a folder called like an episode',
    kind: 'no regular file',
    spoil: (path) => mkdirSync(join(path, '..', 'episode_1.hdf5')),
    says: /episode_1\.hdf5/,
  }),
];

export const HDF5: readonly HostileCase[] = [...others, ...names, ...values, ...bytes, ...stands, ...folders];
