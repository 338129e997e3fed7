/** The datasets that both lerobots and other tools make for the tests, made once for all tests of a file. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { testPython, testPythonNext } from '../python.ts';

const SCRIPT = join(import.meta.dirname, '../../trainer/checks/foreign_datasets.py');

/** By lerobot's recorder under either version: see trainer/checks/foreign_datasets.py. */
const RECORDED = [
  'video',
  'image',
  'own-codec',
  'hevc',
  'planes-first',
  'planes-first-image',
  'matrix',
  'numbers',
  'nested-names',
  'degrees',
  'degrees-image',
  'tasks-per-frame',
  'without-camera',
  'streamed',
  'small-files',
];
/** By lerobot's editors. */
const EDITED = [
  'deleted',
  'deleted-image',
  'split/train',
  'split/val',
  'merged',
  'merged-image',
  'removed',
  'added',
  'retold',
  'to-video',
];
const NEWER_ONLY = ['depth', 'recomputed', 'recomputed-image', 'reencoded', 'merged-apart'];
const REWRITTEN = [
  ...['zstd', 'gzip', 'brotli', 'lz4', 'None'].map((codec) => `pandas-${codec}`),
  ...['zstd', 'gzip', 'snappy', 'brotli', 'lz4', 'uncompressed'].flatMap((codec) => [
    `polars-${codec}`,
    `duckdb-${codec}`,
  ]),
  'arrow-pages-2',
  'arrow-page-index',
  'arrow-row-groups',
  'arrow-without-dictionary',
  'arrow-delta',
  'arrow-large-types',
  'arrow-plain-schema',
  'nan-in-stats',
  'splits-null',
  'names-null',
  'few-fields',
  'unknown-fields',
  'without-stats',
  'without-camera-stats',
  'without-index-stats',
  'without-quantiles',
  'without-episode-stats',
  'crlf',
];

export interface Maker {
  /** Of lerobot. */
  version: string;
  python(): string;
  names: readonly string[];
}

export const MAKERS: readonly Maker[] = [
  { version: '0.4.4', python: testPython, names: [...RECORDED, ...EDITED] },
  { version: '0.6.1', python: testPythonNext, names: [...RECORDED, ...EDITED, ...NEWER_ONLY, ...REWRITTEN] },
];

/** What the script says at its end. */
export interface MadeReport {
  lerobot: string;
  datasets: string[];
  /** What lerobot's own tools refused to make, and why. */
  refused: Record<string, string>;
  /** What lerobot's own loader does not read, and why: no case of ours. */
  not_loaded: Record<string, string>;
}

/** Fills a folder with the datasets of one lerobot. */
export async function makeForeignDatasets(maker: Maker, out: string): Promise<MadeReport> {
  const child = spawn(maker.python(), [SCRIPT, out], {
    env: { ...process.env, HF_DATASETS_CACHE: `${out}-cache`, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const last = stdout.trim().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) throw new Error(`lerobot ${maker.version} made nothing: ${stderr.slice(-2000)}`);
  return JSON.parse(last) as MadeReport;
}
