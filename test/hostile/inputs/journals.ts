/** What runs remember of themselves: journals, run.json, results.jsonl, summaries, trajectories, the loop's state. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { HostileCase, HostileClass, Place } from '../case.ts';
import { STANDS } from './not-regular.ts';

const HANDLED = { codes: [0, 1, 2], says: /\S/ };
const REFUSED = { codes: [1, 2], says: /\S/ };
type Ending = Pick<HostileCase, 'codes' | 'says'>;

interface Memory {
  /** Path below the input's folder. */
  file: string;
  argv: HostileCase['argv'];
  probe?: HostileCase['probe'];
  /** Whether damage is refused, or what is intact is used. */
  damaged: Ending;
}

const below =
  (name: string) =>
  ({ folder }: Place): string[] => [join(folder, name)];
const report = ({ folder, out }: Place): string[] => [
  'eval',
  'report',
  join(folder, 'run'),
  '--out',
  `${out}.html`,
];
const compare = ({ folder }: Place): string[] => [
  'eval',
  'compare',
  join(folder, 'run'),
  join(folder, 'run'),
];

const RESULT = {
  ...{
    condition: 'one-brick/0/0',
    scenario: 'one-brick',
    scenario_hash: 'h',
    seed: 0,
    slot: 0,
    status: 'success',
  },
  ...{
    outcome: 'success',
    time_s: 1,
    frames: 1,
    path_m: 1,
    bricks: 1,
    delivered: 1,
    queries: 0,
    failure: null,
  },
  ...{ trajectory: null, final_state_hash: '0', error: null },
};
const line = (change: object = {}): string => `${JSON.stringify({ ...RESULT, ...change })}\n`;

const MEMORIES: readonly Memory[] = [
  { file: 'run/results.jsonl', argv: below('run/results.jsonl'), probe: 'results', damaged: REFUSED },
  { file: 'run/results.jsonl', argv: report, damaged: REFUSED },
  { file: 'run/results.jsonl', argv: compare, damaged: REFUSED },
  { file: 'set/.brickyard/run.json', argv: below('set'), probe: 'run-folder', damaged: HANDLED },
  { file: 'set/.brickyard/journal.jsonl', argv: below('set/.brickyard'), probe: 'journal', damaged: HANDLED },
  { file: 'loop/state.json', argv: below('loop/state.json'), probe: 'loop-state', damaged: REFUSED },
  { file: 'a.trajectory', argv: below('a.trajectory'), probe: 'trajectory', damaged: REFUSED },
];

const TEXTS: readonly [string, HostileClass, string | Buffer][] = [
  ['null', 'wrong type', 'null\n'],
  ['a list', 'wrong type', '[1,2,3]\n'],
  ['a number', 'wrong type', '17\n'],
  ['no JSON', 'damaged', '{"type":\n'],
  ['binary', 'damaged', Buffer.from('00ff8f1307ffd80a', 'hex')],
  ['100,000 brackets', 'never ends', `${'['.repeat(100_000)}\n`],
  ['__proto__', 'names and paths', '{"__proto__":{"type":"kept","job":0}}\n'],
  ['a job of 1e18', 'huge count', '{"type":"failed","job":1e18,"failures":[],"nextAttempt":1e18}\n'],
  ['a kind that there is not', 'wrong value', '{"type":"nothing"}\n'],
  ['10 MB in one line', 'huge count', `"${'x'.repeat(10_000_000)}"\n`],
];

function remembered(
  { file, argv, probe }: Memory,
  name: string,
  kind: HostileClass,
  ending: Ending,
  write: (path: string, place: Place) => void,
): HostileCase {
  return {
    name: `${file}${probe ? '' : ` (${argv({ folder: '', out: '', secret: '' })[1]})`}: ${name}`,
    ...{ kind, format: 'journals', argv, probe, ...ending },
    make: (place) => {
      const path = join(place.folder, file);
      mkdirSync(dirname(path), { recursive: true });
      write(path, place);
    },
  };
}

/** No line, or no file: a run that has done nothing. */
const IS_NOTHING = /empty file|file elsewhere|link to itself/;

const damaged: HostileCase[] = MEMORIES.flatMap((memory) => [
  ...TEXTS.map(([name, kind, text]) =>
    remembered(memory, name, kind, memory.damaged, (path) => writeFileSync(path, text)),
  ),
  ...STANDS.map(({ name, kind, put }) =>
    remembered(memory, `it is ${name}`, kind, IS_NOTHING.test(name) ? HANDLED : memory.damaged, put),
  ),
]);

const [results, , paired] = MEMORIES;
const rows: HostileCase[] = [
  remembered(results, 'healthy', 'healthy', { codes: [0], says: /^1 results/ }, (path) =>
    writeFileSync(path, line()),
  ),
  ...(
    [
      ['a status that there is not', { status: 'won' }],
      ['no condition', { condition: undefined }],
      ['a field more', { more: 1 }],
      ['frames of 1.5', { frames: 1.5 }],
      ['a failure as text', { failure: 'x' }],
      ['a time as text', { time_s: '1' }],
    ] as const
  ).map(([name, change]) =>
    remembered(results, name, 'wrong value', REFUSED, (path) => writeFileSync(path, line(change))),
  ),
  remembered(paired, 'the same condition twice', 'wrong value', REFUSED, (path) =>
    writeFileSync(path, line() + line()),
  ),
  remembered(paired, 'a condition with control characters', 'names and paths', HANDLED, (path) =>
    writeFileSync(path, line({ condition: '\u001b[2J\u202e' })),
  ),
  remembered(MEMORIES[1], 'a trajectory that is a secret', 'other files', HANDLED, (path, { secret }) =>
    writeFileSync(path, line({ trajectory: secret, status: 'failure' })),
  ),
];

const trajectory = MEMORIES.at(-1)!;
/** As trajectory-file.ts writes one. */
function stored(header: object | string, arrays = Buffer.alloc(0)): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const front = Buffer.alloc(8);
  front.writeUInt32BE(0x424b5431, 0);
  front.writeUInt32LE(text.length, 4);
  return gzipSync(Buffer.concat([front, text, arrays]), { level: 9 });
}
const trajectories: HostileCase[] = (
  [
    ['a kilobyte that unfolds to 2 GB', 'unfolds to more', gzipBomb],
    ['no arrays', 'wrong type', () => stored({})],
    ['arrays of 1e9 numbers', 'huge count', () => stored({ sizes: { poses: 1e9 } })],
    ['arrays of -1 numbers', 'wrong value', () => stored({ sizes: { poses: -1 } })],
    ['sizes as text', 'wrong type', () => stored({ sizes: 'x' })],
    ['a header that is no JSON', 'damaged', () => stored('{')],
    ['half of it', 'damaged', () => stored({ sizes: {} }).subarray(0, 20)],
  ] as const
).map(([name, kind, bytes]) =>
  remembered(trajectory, name, kind, REFUSED, (path) => writeFileSync(path, bytes())),
);

/** Members of gzip may follow each other: 20 of 100 MB of zeros each. */
function gzipBomb(): Buffer {
  return Buffer.concat(Array(20).fill(gzipSync(Buffer.alloc(100_000_000), { level: 9 })));
}

export const JOURNALS: readonly HostileCase[] = [...rows, ...damaged, ...trajectories];
