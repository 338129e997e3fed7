/**
 * A training run of version 0.1.0 at 7e5a571 still exports, drives and goes on. test/fixtures/earlier/run is what that
 * version wrote, without its weights: the repository keeps none. They are drawn here, in the layout that it noted.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Rng } from '../../sim/engine/rng.ts';
import { testPython } from '../python.ts';

const ROOT = join(import.meta.dirname, '../..');
const EARLIER = join(ROOT, 'test/fixtures/earlier');
const PLACE = '/EARLIER';
let folder: string;

beforeAll(() => {
  testPython();
  folder = mkdtempSync(join(tmpdir(), 'brickyard-earlier-run-'));
  cpSync(EARLIER, folder, { recursive: true, verbatimSymlinks: true });
  const paths = readdirSync(join(folder, 'run'), { recursive: true, encoding: 'utf8' });
  for (const path of paths.filter((each) => !/checkpoints\/(best|final|last)\//.test(each))) {
    const file = join(folder, 'run', path);
    if (path.endsWith('.header.json')) {
      writeFileSync(
        file.replace('.header.json', '.safetensors'),
        drawnTensors(readFileSync(file, 'utf8').trim()),
      );
      rmSync(file);
    } else if (/\.(json|jsonl|yaml|md)$/.test(path))
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(PLACE, folder));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Tensor {
  shape: number[];
  data_offsets: [number, number];
}

/** A safetensors file with this header: small numbers for weights, and the optimizer's moments and counts all zero. */
function drawnTensors(header: string): Buffer {
  const tensors = Object.entries(JSON.parse(header) as Record<string, Tensor>).filter(
    ([name]) => name !== '__metadata__',
  );
  const size = Math.max(...tensors.map(([, { data_offsets }]) => data_offsets[1]));
  const data = Buffer.alloc(size);
  for (const [name, { shape, data_offsets }] of tensors) {
    if (name.startsWith('state/')) continue;
    const rng = Rng.from(name);
    const scale = name.endsWith('running_var')
      ? 1
      : 1 / Math.sqrt(shape.slice(1).reduce((a, b) => a * b, 1) + 1);
    for (let at = data_offsets[0]; at < data_offsets[1]; at += 4)
      data.writeFloatLE(scale * (name.endsWith('running_var') ? 1 : rng.range(-1, 1)), at);
  }
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

function brickyard(...args: string[]): string {
  const env = {
    ...process.env,
    XDG_CACHE_HOME: join(folder, 'cache'),
    OMP_NUM_THREADS: '1',
    INIT_CWD: folder,
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'cli.ts'), ...args], {
    encoding: 'utf8',
    env,
    cwd: folder,
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

const summaryOf = (stdout: string) => JSON.parse(stdout.trim().split('\n').at(-1)!);

it('exports a checkpoint, whose policy drives', () => {
  brickyard('export', 'run@3', '--dataset', 'dataset', '--frames', '20', '--out', 'policy');
  const where = ['--scenarios', 'one-brick', '--episodes', '1', '--workers', '1'];
  const { episodes, errors } = summaryOf(
    brickyard('eval', 'rollout', '--checkpoint', 'policy', ...where, '--out', 'driven', '--json', '--quiet'),
  );
  expect({ episodes, errors }).toEqual({ episodes: 1, errors: 0 });
});

it('goes on from its checkpoint', () => {
  const more = ['--min-episodes', '1', '--allow-change', 'training.steps', 'training.steps=5'];
  expect(summaryOf(brickyard('train', '--resume', 'run', ...more, '--json'))).toMatchObject({ steps: 5 });
});
