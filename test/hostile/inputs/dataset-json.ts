/** Datasets whose JSON says what no dataset may say. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostileCase, HostileClass } from '../case.ts';
import {
  bytes,
  CAMERA,
  type Change,
  datasetCase,
  INFO,
  info,
  json,
  put,
  replaced,
  STATS,
  split,
  toHdf5,
} from './dataset.ts';
import { STANDS } from './not-regular.ts';

const REFUSED = /\S/;

const inJson = (
  name: string,
  kind: HostileClass,
  change: Change,
  options: { says?: RegExp; codes?: readonly number[]; argv?: HostileCase['argv'] } = {},
): HostileCase => datasetCase({ format: 'dataset JSON', says: REFUSED, ...options, name, kind, change });

const infoValue = (path: (string | number)[], value: unknown, kind: HostileClass = 'wrong value') =>
  inJson(`info.json: ${path.join('.')} is ${shown(value)}`, kind, put(INFO, path, value), {
    says: /info\.json|total|fps|feature|shape|version|observation\.state/,
  });
const shown = (value: unknown): string => String(JSON.stringify(value)).slice(0, 60);

const NUMBERS = ['total_episodes', 'total_frames', 'fps'] as const;
const WRONG_NUMBERS = [-1, 1.5, 1e18, '12', null, [], {}] as const;
const STATE = ['features', 'observation.state'];

const values: HostileCase[] = [
  ...NUMBERS.flatMap((key) =>
    WRONG_NUMBERS.map((value) =>
      infoValue([key], value, typeof value === 'number' ? 'wrong value' : 'wrong type'),
    ),
  ),
  ...NUMBERS.map((key) => infoValue([key], undefined, 'damaged')),
  infoValue(['fps'], 0),
  infoValue(['total_frames'], 4e9, 'huge count'),
  infoValue(['total_episodes'], 4e9, 'huge count'),
  ...[null, [], 'x', 3, {}].map((value) => infoValue(['features'], value, 'wrong type')),
  ...[null, 'x', 3].map((value) => infoValue(['features', 'action'], value, 'wrong type')),
  ...[null, 'x', [], [0], [-4], [1.5], ['4']].map((value) =>
    infoValue([...STATE, 'shape'], value, 'wrong type'),
  ),
  infoValue([...STATE, 'shape'], [1e9], 'huge count'),
  infoValue([...STATE, 'shape'], [65536, 65536], 'huge count'),
  infoValue([...STATE, 'shape'], Array(2000).fill(2), 'huge count'),
  infoValue(['features', CAMERA, 'shape'], [1e6, 1e6, 3], 'huge count'),
  infoValue(['features', CAMERA, 'shape'], [3], 'wrong value'),
  ...[null, 7, 'float1', 'object', '__proto__'].map((value) =>
    infoValue([...STATE, 'dtype'], value, 'wrong type'),
  ),
  ...['v1.0', 'v99.0', 3, null].map((value) => infoValue(['codebase_version'], value)),
];

const pathValue = (key: string, value: unknown): HostileCase =>
  inJson(`info.json: ${key} is ${shown(value)}`, 'names and paths', put(INFO, [key], value), {
    says: /info\.json|data_path|video_path|data|videos/,
  });

const paths: HostileCase[] = [
  ...[
    '../outside/{chunk_index}/{file_index}.parquet',
    '/etc/passwd',
    'data/../../outside/{chunk_index}-{file_index}.parquet',
    '',
    7,
    null,
    'data/{nothing}/{file_index}.parquet',
    'data/{chunk_index:0999999999d}/{file_index}.parquet',
    'data/{chunk_index.__class__}/{file_index}.parquet',
    'data/{chunk_index:03d}/file-{file_index:03d}\u0000.parquet',
    'data/%n%n%n.parquet',
  ].map((value) => pathValue('data_path', value)),
  ...['../outside/{video_key}.mp4', '/etc/{video_key}', 'videos/{video_key}/{chunk_index}/..', 5].map(
    (value) => pathValue('video_path', value),
  ),
];

/** Renames the camera in info.json alone. */
const cameraNamed = (name: string): Change =>
  json(INFO, (value) => {
    const { features } = value as unknown as { features: Record<string, unknown> };
    features[name] = features[CAMERA];
    delete features[CAMERA];
  });
const NAMES = ['../up', '/etc/passwd', 'a/b', '..', '', 'x\u0000y', '\u202egnp.exe', 'n'.repeat(4000)];
const names: HostileCase[] = [
  ...NAMES.flatMap((name) => [
    inJson(`camera ${shown(name)}: split`, 'names and paths', cameraNamed(name), { argv: split }),
    inJson(`camera ${shown(name)}: convert`, 'names and paths', cameraNamed(name), { argv: toHdf5 }),
  ]),
  ...['__proto__', 'constructor', 'toString', '../x', 'a\nb'].map((name) =>
    inJson(
      `a feature called ${shown(name)}`,
      'names and paths',
      replaced(
        INFO,
        '"features":',
        `"features":{${JSON.stringify(name)}:{"dtype":"float32","shape":[1],"names":null},"action":{"dtype":"float32","shape":[4],"names":null}},"ignored":`,
      ),
      { codes: [0, 1, 2], argv: info },
    ),
  ),
];

const text: HostileCase[] = [
  inJson(
    'info.json: nothing but NaN',
    'wrong type',
    bytes(INFO, () => Buffer.from('NaN')),
  ),
  inJson(
    'info.json: null',
    'wrong type',
    bytes(INFO, () => Buffer.from('null')),
  ),
  inJson(
    'info.json: a list',
    'wrong type',
    bytes(INFO, () => Buffer.from('[1]')),
  ),
  inJson(
    'info.json: cut short',
    'damaged',
    bytes(INFO, (all) => all.subarray(0, all.length / 2)),
  ),
  inJson(
    'info.json: random bytes',
    'damaged',
    bytes(INFO, () => Buffer.from('8f00ff13fe', 'hex')),
  ),
  inJson(
    'info.json: invalid UTF-8',
    'damaged',
    replacedBytes(INFO, '"fps"', Buffer.from('"f\xff"', 'latin1')),
  ),
  inJson(
    'info.json: 100,000 brackets',
    'never ends',
    bytes(INFO, () => Buffer.from('['.repeat(100_000))),
  ),
  inJson('info.json: 100,000 nested objects in names', 'never ends', deepNames),
  inJson('info.json: 100,000 features', 'huge count', manyFeatures),
  inJson('info.json: fps 1e999', 'wrong value', replaced(INFO, /"fps":\s*\d+/, '"fps":1e999')),
  inJson('info.json: a feature name of 1 MB', 'huge count', (root) =>
    put(INFO, ['features', 'n'.repeat(1 << 20)], { dtype: 'float32', shape: [1], names: null })(root, null!),
  ),
  inJson(
    'stats.json: not JSON',
    'damaged',
    bytes(STATS, () => Buffer.from('{')),
  ),
  inJson(
    'stats.json: a list',
    'wrong type',
    bytes(STATS, () => Buffer.from('[]')),
  ),
  inJson(
    'stats.json: 100,000 brackets',
    'never ends',
    bytes(STATS, () => Buffer.from('['.repeat(100_000))),
  ),
  ...[null, 'x', [1, 2, 3, 4, 5], [[[[[]]]]], { a: 1 }].map((value) =>
    inJson(`stats.json: a mean of ${shown(value)}`, 'wrong type', put(STATS, ['action', 'mean'], value)),
  ),
  inJson(
    'stats.json: a mean of 10 million numbers',
    'huge count',
    put(STATS, ['action', 'mean'], Array(10_000_000).fill(0)),
  ),
];

const stands: HostileCase[] = [INFO, STATS].flatMap((file) =>
  STANDS.map(({ name, kind, put }) =>
    inJson(`${file} is ${name}`, kind, (root, place) => put(join(root, file), place)),
  ),
);

function replacedBytes(file: string, from: string, to: Buffer): Change {
  return bytes(file, (all) => {
    const at = all.indexOf(from);
    return Buffer.concat([all.subarray(0, at), to, all.subarray(at + from.length)]);
  });
}

function deepNames(root: string): void {
  const path = join(root, INFO);
  const { features, ...rest } = JSON.parse(readFileSync(path, 'utf8'));
  const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
  const whole = JSON.stringify({ ...rest, features: { ...features, deep: 0 } });
  writeFileSync(path, whole.replace('"deep":0', `"deep":{"dtype":"float32","shape":[1],"names":${deep}}`));
}

function manyFeatures(root: string): void {
  const path = join(root, INFO);
  const value = JSON.parse(readFileSync(path, 'utf8'));
  for (let i = 0; i < 100_000; i++) value.features[`f${i}`] = { dtype: 'float32', shape: [1], names: null };
  writeFileSync(path, JSON.stringify(value));
}

const healthy: HostileCase[] = [
  inJson('a healthy dataset', 'healthy', () => {}, { codes: [0], says: /^valid: 2 episodes, 23 frames/m }),
  inJson(
    'a byte order mark in info.json',
    'damaged',
    bytes(INFO, (all) => Buffer.concat([Buffer.from('\ufeff'), all])),
    {
      codes: [0, 1, 2],
    },
  ),
  inJson('a key twice in info.json', 'wrong value', replaced(INFO, '{', '{"fps":1,'), { codes: [0, 1, 2] }),
];

export const DATASET_JSON: readonly HostileCase[] = [
  ...healthy,
  ...values,
  ...paths,
  ...names,
  ...text,
  ...stands,
];
