/** Scenario files, suites and settings of remote training: YAML that means something else than it shows, or too much. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostileCase, HostileClass, Place } from '../case.ts';
import { STANDS } from './not-regular.ts';

const SCENARIO = `name: mine
title: Mine
description: As healthy as a scenario can be.
task: put the bricks into the box
time_limit_s: 60
bricks:
  - count: 1
`;

interface Target {
  what: string;
  argv: HostileCase['argv'];
  probe?: HostileCase['probe'];
}

const file = ({ folder }: Place): string => join(folder, 'mine.yaml');
const TARGETS: readonly Target[] = [
  { what: 'scenario', argv: (place) => ['scenario', 'validate', file(place)] },
  {
    what: 'suite',
    argv: (place) => ['eval', 'rollout', '--checkpoint', 'zero', '--suite', file(place), '--out', place.out],
  },
  { what: 'remote settings', argv: (place) => [file(place)], probe: 'remote-settings' },
];

function inYaml(
  name: string,
  kind: HostileClass,
  text: string | Buffer,
  { codes = [1, 2], says = /mine\.yaml/ }: { codes?: readonly number[]; says?: RegExp } = {},
): HostileCase[] {
  return TARGETS.map(({ what, argv, probe }) => ({
    name: `${what}: ${name}`,
    ...{ kind, format: 'YAML' as const, argv, probe, codes, says },
    make: (place) => writeFileSync(file(place), text),
  }));
}

const laughs = (): string => {
  const lines = ['a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]'];
  for (let i = 1; i < 12; i++)
    lines.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  return lines.join('\n');
};

const texts: HostileCase[] = [
  ...inYaml('a billion laughs', 'unfolds to more', laughs()),
  ...inYaml('an alias', 'other files', 'name: &n mine\ntask: *n\n'),
  ...inYaml('an alias of itself', 'never ends', 'a: &a [*a]\n'),
  ...inYaml('a merge key', 'wrong type', 'base: {a: 1}\n<<: {name: mine}\n'),
  ...inYaml('a tag', 'wrong type', 'name: !!js/function "function(){}"\n'),
  ...inYaml('a tag of Python', 'wrong type', 'name: !!python/object/apply:os.system ["true"]\n'),
  ...inYaml('a binary tag', 'wrong type', 'name: !!binary aGVsbG8=\n'),
  ...inYaml('a key twice', 'wrong value', 'name: mine\nname: yours\n'),
  ...inYaml('60,000 brackets', 'never ends', `name: ${'['.repeat(60_000)}`),
  ...inYaml(
    '20 levels of maps',
    'never ends',
    Array.from({ length: 20 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
  ),
  ...inYaml('10,000 sequence marks', 'never ends', `name: ${'- '.repeat(10_000)}`),
  ...inYaml('10,000 values', 'huge count', `tags: [${Array(10_000).fill('a').join(',')}]`),
  ...inYaml('10 MB', 'huge count', `name: ${'x'.repeat(10_000_000)}`),
  ...inYaml('a word of 60,000 letters', 'huge count', `name: ${'x'.repeat(60_000)}`),
  ...inYaml('a NUL', 'damaged', 'name: mi\0ne\n'),
  ...inYaml('invalid UTF-8', 'damaged', Buffer.from('name: \xff\xfe\n', 'latin1')),
  ...inYaml('UTF-16', 'damaged', Buffer.from(`\ufeff${SCENARIO}`, 'utf16le')),
  ...inYaml('a list', 'wrong type', '- name\n- mine\n'),
  ...inYaml('a number', 'wrong type', '42\n'),
  ...inYaml('two documents', 'wrong type', 'name: a\n---\nname: b\n'),
  ...inYaml('a directive that there is not', 'wrong type', '%EVIL 1\n---\nname: a\n'),
  ...inYaml('a key __proto__', 'names and paths', '__proto__: {polluted: true}\nname: mine\n'),
  ...inYaml('a list as a key', 'wrong type', '? [a, b]\n: c\n'),
  ...inYaml('tabs', 'damaged', 'name:\n\tmine: 1\n'),
  ...inYaml('an open quote', 'damaged', 'name: "mine\n'),
];

const numbers: HostileCase[] = [
  '1e999',
  '.nan',
  '.inf',
  '-1',
  '0',
  '1e308',
  '"60"',
  '[1, 2]',
  '0x7fffffffffffffff',
].map((value) => ({
  name: `scenario: a time limit of ${value}`,
  ...{ kind: 'wrong value', format: 'YAML', codes: [1, 2], says: /mine\.yaml|time_limit_s/ },
  argv: TARGETS[0].argv,
  make: (place) => writeFileSync(file(place), SCENARIO.replace('60', value)),
}));

const counts: HostileCase[] = ['1e9', '-5', '1.5', '{uniform: [1, 1e9]}', '.nan', 'many'].map((value) => ({
  name: `scenario: ${value} bricks`,
  ...{ kind: 'huge count', format: 'YAML', codes: [1, 2], says: /mine\.yaml|count/ },
  argv: TARGETS[0].argv,
  make: (place) => writeFileSync(file(place), SCENARIO.replace('count: 1', `count: ${value}`)),
}));

const suites: HostileCase[] = [
  ['1e9 episodes', 'huge count', 'name: s\nconditions:\n  - scenarios: all\n    episodes: 1000000000\n'],
  ['-1 episodes', 'wrong value', 'name: s\nconditions:\n  - scenarios: all\n    episodes: -1\n'],
  [
    'a scenario that is a secret',
    'other files',
    'name: s\nconditions:\n  - scenarios: [../../outside/secret.bin]\n    episodes: 1\n',
  ],
  [
    'a scenario /etc/passwd',
    'other files',
    'name: s\nconditions:\n  - scenarios: [/etc/passwd]\n    episodes: 1\n',
  ],
  ['a name ../../x', 'names and paths', 'name: ../../x\nconditions:\n  - scenarios: all\n    episodes: 1\n'],
].map(([name, kind, text]) => ({
  name: `suite: ${name}`,
  ...{ kind: kind as HostileClass, format: 'YAML', codes: [1, 2], says: /mine\.yaml|scenario|suite/ },
  argv: TARGETS[1].argv,
  make: (place) => writeFileSync(file(place), text),
}));

const stands: HostileCase[] = TARGETS.flatMap(({ what, argv, probe }) =>
  STANDS.filter(({ name }) => name !== 'an empty file').map(({ name, kind, put }) => ({
    name: `${what}: it is ${name}`,
    ...{ kind, format: 'YAML' as const, argv, probe, codes: [1, 2], says: /mine\.yaml/ },
    make: (place: Place) => {
      mkdirSync(place.folder, { recursive: true });
      put(file(place), place);
    },
  })),
);

const healthy: HostileCase[] = [
  {
    name: 'a healthy scenario',
    ...{ kind: 'healthy', format: 'YAML', codes: [0], says: /mine/ },
    argv: TARGETS[0].argv,
    make: (place) => writeFileSync(file(place), SCENARIO),
  },
  {
    name: 'scenario: a byte order mark',
    ...{ kind: 'damaged', format: 'YAML', codes: [0, 1, 2], says: /mine/ },
    argv: TARGETS[0].argv,
    make: (place) => writeFileSync(file(place), `\ufeff${SCENARIO}`),
  },
];

export const YAML: readonly HostileCase[] = [
  ...healthy,
  ...texts,
  ...numbers,
  ...counts,
  ...suites,
  ...stands,
];
