/** The commands that are killed: how each is begun and completed, and what must be the same. */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DigestOptions, folderDigest } from './digest.ts';
import { hdf5Digest } from './hdf5-digest.ts';
import type { Ended } from './killed-process.ts';

/** A run of one command in a folder of its own. */
export interface Cell {
  folder: string;
}

type Run = (args: readonly string[], cwd: string) => Promise<Ended>;

export interface CommandUnderTest {
  name: string;
  /** Its part of the kills. */
  weight: number;
  cell(folder: string): Cell;
  /** Makes its inputs, which are kept for all cells of the matrix. */
  prepare?(cell: Cell, run: Run): Promise<void>;
  first(cell: Cell): string[];
  /** What a user types after the kill. */
  again(cell: Cell): string[];
  digest(cell: Cell): Promise<string>;
}

const SMALL = ['--scenarios', 'one-brick', '--size', '96x64', '--workers', '1', '--quiet'];
const TINY = [
  'training.batch_size=4',
  'training.log_every=5',
  'training.lr=3e-4',
  'checkpoint.every_steps=5',
];
const TRAIN = ['train', '--dataset', 'data', '--min-episodes', '1', '--out', 'run', 'policy=act_small'];
const LOOP = [
  ...[
    'loop',
    '--out',
    'out',
    '--scenarios',
    'one-brick',
    '--size',
    '96x64',
    '--rounds',
    '1',
    '--mode',
    'expert',
  ],
  ...[
    '--first-episodes',
    '2',
    '--episodes',
    '2',
    '--corrections',
    '0',
    '--first-steps',
    '10',
    '--steps',
    '5',
  ],
  ...['--held-out-episodes', '2', '--final-episodes', '0', 'training.batch_size=4', 'training.log_every=5'],
];

/** Made once a matrix, by name; a copy is put into each cell. */
const made = new Map<string, string>();

async function input(cell: Cell, run: Run, name: string, args: readonly string[]): Promise<void> {
  const home = join(cell.folder, '..');
  const source = join(home, `input-${name}`);
  if (!made.has(source) && !existsSync(join(source, 'meta', 'info.json'))) {
    const { code, stderr } = await run(['gen', ...SMALL, ...args, '--out', source], home);
    if (code !== 0) throw new Error(`gen for ${name} ends with ${code}: ${stderr.slice(-600)}`);
  }
  made.set(source, source);
  cpSync(source, join(cell.folder, name), { recursive: true });
}

/** The command line as it was typed differs where it was typed again. */
const DATASET: DigestOptions = { members: ['command'] };
const ROLLOUT: DigestOptions = {
  // The report shows paths and times.
  ignored: ['summary.json', 'report.html'],
  members: ['command', 'machine', 'sum'],
};
/** Clock times and speeds, and what writes them. */
const TRAINED: DigestOptions = {
  ignored: [
    'train_config.json', // names the run's folder
    'metrics.jsonl',
    'reports.jsonl',
    '.png',
    'HANDOVER.md',
    'handover.json',
    'run.json',
    '.log',
    'summary.json',
  ],
  members: ['created', 'command'],
};

const isUnfinished = (cell: Cell, out: string): boolean => existsSync(join(cell.folder, out, '.brickyard'));
const episodesIn = (cell: Cell, out: string): number =>
  JSON.parse(readFileSync(join(cell.folder, out, 'meta/info.json'), 'utf8')).total_episodes;

const COMMANDS: readonly Omit<CommandUnderTest, 'cell'>[] = [
  {
    name: 'gen',
    weight: 30,
    first: () => ['gen', ...SMALL, '--episodes', '3', '--seed', '4', '--out', 'out'],
    again: () => ['gen', ...SMALL, '--episodes', '3', '--seed', '4', '--out', 'out', '--resume'],
    digest: async ({ folder }) => folderDigest(join(folder, 'out'), DATASET),
  },
  {
    name: 'append',
    weight: 30,
    prepare: (cell, run) => input(cell, run, 'out', ['--episodes', '2', '--seed', '1']),
    first: () => ['gen', ...SMALL, '--append', '--episodes', '2', '--seed', '9', '--out', 'out'],
    again: (cell) => {
      const begun = isUnfinished(cell, 'out') || episodesIn(cell, 'out') > 2;
      return [
        'gen',
        ...SMALL,
        ...(begun ? ['--resume'] : ['--append']),
        ...['--episodes', '2', '--seed', '9', '--out', 'out'],
      ];
    },
    digest: async ({ folder }) => folderDigest(join(folder, 'out'), DATASET),
  },
  {
    name: 'rollout',
    weight: 40,
    first: () => rollout(),
    again: () => [...rollout(), '--resume'],
    digest: async ({ folder }) => folderDigest(join(folder, 'out'), ROLLOUT),
  },
  {
    name: 'split',
    weight: 30,
    prepare: (cell, run) => input(cell, run, 'data', ['--episodes', '4', '--seed', '2']),
    first: () => ['dataset', 'split', 'data', '--by', 'scenario', '--out', 'out'],
    again: (cell) =>
      existsSync(join(cell.folder, 'out', 'one-brick'))
        ? ['dataset', 'info', 'out/one-brick'] // it had ended
        : ['dataset', 'split', 'data', '--by', 'scenario', '--out', 'out'],
    digest: async ({ folder }) => folderDigest(join(folder, 'out'), DATASET),
  },
  {
    name: 'merge',
    weight: 30,
    prepare: async (cell, run) => {
      await input(cell, run, 'data', ['--episodes', '4', '--seed', '2']);
      await input(cell, run, 'more', ['--episodes', '2', '--seed', '3']);
    },
    first: () => ['dataset', 'merge', 'data', 'more', '--out', 'out'],
    again: (cell) =>
      existsSync(join(cell.folder, 'out'))
        ? ['dataset', 'info', 'out']
        : ['dataset', 'merge', 'data', 'more', '--out', 'out'],
    digest: async ({ folder }) => folderDigest(join(folder, 'out'), DATASET),
  },
  {
    name: 'convert',
    weight: 24,
    prepare: (cell, run) => input(cell, run, 'data', ['--episodes', '2', '--seed', '2']),
    first: () => ['dataset', 'convert', 'data', '--to', 'hdf5', '--out', 'out'],
    again: (cell) =>
      existsSync(join(cell.folder, 'out'))
        ? ['dataset', 'info', 'data']
        : ['dataset', 'convert', 'data', '--to', 'hdf5', '--out', 'out'],
    digest: async ({ folder }) => hdf5Digest(join(folder, 'out')),
  },
  {
    name: 'train',
    weight: 8,
    prepare: (cell, run) => input(cell, run, 'data', ['--episodes', '2', '--seed', '2']),
    first: () => [...TRAIN, 'training.steps=15', ...TINY, '--quiet'],
    again: ({ folder }) =>
      existsSync(join(folder, 'run', 'run.json'))
        ? ['train', '--resume', 'run', '--min-episodes', '1', '--quiet']
        : [...TRAIN, 'training.steps=15', ...TINY, '--quiet'],
    digest: async ({ folder }) =>
      folderDigest(join(folder, 'run', 'checkpoints/final/pretrained_model'), TRAINED),
  },
  {
    name: 'export',
    weight: 6,
    prepare: async (cell, run) => {
      await input(cell, run, 'data', ['--episodes', '2', '--seed', '2']);
      const source = join(cell.folder, '..', 'input-run');
      if (!existsSync(join(source, 'checkpoints/final'))) {
        const args = [...TRAIN, 'training.steps=10', ...TINY, '--quiet'];
        const { code, stderr } = await run([...args.slice(0, 6), source, ...args.slice(7)], cell.folder);
        if (code !== 0) throw new Error(`train for export ends with ${code}: ${stderr.slice(-600)}`);
      }
      cpSync(source, join(cell.folder, 'run'), { recursive: true, verbatimSymlinks: true });
    },
    first: () => ['export', 'run/checkpoints/final', '--dataset', 'data', '--frames', '4', '--out', 'out'],
    again: (cell) =>
      existsSync(join(cell.folder, 'out'))
        ? ['dataset', 'info', 'data']
        : ['export', 'run/checkpoints/final', '--dataset', 'data', '--frames', '4', '--out', 'out'],
    digest: async ({ folder }) => folderDigest(join(folder, 'out'), { members: ['created', 'command'] }),
  },
  {
    name: 'loop',
    weight: 4,
    first: () => LOOP,
    again: () => LOOP,
    digest: async ({ folder }) => loopDigest(join(folder, 'out')),
  },
];

function rollout(): string[] {
  const what = [
    '--checkpoint',
    'expert',
    '--scenarios',
    'one-brick,dropped',
    '--episodes',
    '4',
    '--seed',
    '3',
  ];
  return ['eval', 'rollout', ...what, '--workers', '1', '--out', 'out', '--quiet'];
}

/** The datasets and results of all stages; times and processes are each loop's own. */
function loopDigest(out: string): string {
  const state = JSON.parse(readFileSync(join(out, 'state.json'), 'utf8'));
  return JSON.stringify(
    state.stages.map(
      ({ request, status, facts }: { request: { id: string }; status: string; facts: object }) => ({
        ...{ id: request.id, status },
        facts: JSON.parse(
          JSON.stringify(facts, (key, value) => (/S$|wall|cpu|created/i.test(key) ? undefined : value)),
        ),
      }),
    ),
  );
}

/** All, or those of the names; without Python only those that need none. */
export function commandsUnderTest(only?: readonly string[]): CommandUnderTest[] {
  const unknown = only?.find((name) => !COMMANDS.some((command) => command.name === name));
  if (unknown) throw new Error(`--only ${unknown}: there are ${COMMANDS.map(({ name }) => name).join(', ')}`);
  const needsPython = ['train', 'export', 'loop'];
  return COMMANDS.filter(({ name }) =>
    only ? only.includes(name) : process.env.BRICKYARD_PYTHON || !needsPython.includes(name),
  ).map((command) => ({ ...command, cell: (folder) => ({ folder }) }));
}
