/** A training whose checkpoints are rolled out beside it: its command is killed half way, and the same run goes on. */
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testPython } from '../python.ts';

const ROOT = join(import.meta.dirname, '../..');
const SUITE = `name: one
description: A single start, for a test.
seed: 1
conditions:
  - scenarios: [one-brick]
    episodes: 1
`;

let folder: string;
let env: NodeJS.ProcessEnv;
let killed: ChildProcess | undefined;
beforeAll(() => {
  testPython();
  folder = mkdtempSync(join(tmpdir(), 'brickyard-evaluated-'));
  writeFileSync(join(folder, 'one.yaml'), SUITE);
  env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), OMP_NUM_THREADS: '1', INIT_CWD: folder };
});
afterAll(() => {
  killed?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function brickyard(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [join(ROOT, 'cli.ts'), ...args], { encoding: 'utf8', env, cwd: folder });
}

const json = (path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8'));

/** As long as the test may take. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(100);
}

/** A safetensors file's tensors by name: a header of JSON after its length, then the numbers; float32 is expected. */
function weights(path: string): Map<string, Float32Array> {
  const bytes = readFileSync(path);
  const data = 8 + Number(bytes.readBigUInt64LE(0));
  const header: Record<string, { dtype: string; data_offsets: [number, number] }> = JSON.parse(
    bytes.toString('utf8', 8, data),
  );
  delete header.__metadata__;
  const found = new Map<string, Float32Array>();
  for (const [name, { dtype, data_offsets: at }] of Object.entries(header)) {
    expect(dtype, name).toBe('F32');
    const part = Uint8Array.from(bytes.subarray(data + at[0], data + at[1]));
    found.set(name, new Float32Array(part.buffer));
  }
  return found;
}

/** The process that trains saves its state first; while it does, the run is taken. */
async function resumed(...args: string[]): Promise<SpawnSyncReturns<string>> {
  for (;;) {
    const done = brickyard('train', '--resume', 'run', '--min-episodes', '1', ...args);
    if (!done.stderr.includes('another process trains')) return done;
    await sleep(200);
  }
}

it('keeps the best by success, and loses no rollout to a kill -9', async () => {
  const size = ['--episodes', '2', '--scenarios', 'one-brick', '--size', '160x120', '--workers', '1'];
  const made = brickyard('gen', ...size, '--out', 'data', '--quiet');
  expect(made.status, made.stderr).toBe(0);
  const settings = ['policy=act_small', 'training.steps=40', 'training.batch_size=4'];
  const every = ['checkpoint.every_steps=20', 'checkpoint.keep_last=1'];
  const args = ['train', '--dataset', 'data', '--min-episodes', '1', '--out', 'run', '--eval', 'one.yaml'];
  killed = spawn(process.execPath, [join(ROOT, 'cli.ts'), ...args, ...settings, ...every], {
    ...{ env, cwd: folder, stdio: 'ignore' },
  });
  const plan = join(folder, 'run/evaluation.json');
  await until(() => existsSync(plan) && json('run/evaluation.json').exported.includes('000020'));
  killed.kill('SIGKILL');
  expect(readlinkSync(join(folder, 'run/checkpoints/rollout-000020'))).toBe('000020');

  const done = await resumed('--json');
  expect(done.status, done.stderr).toBe(0);
  const summary = JSON.parse(done.stdout.trim().split('\n').at(-1)!);
  // There may be one more between them: where it was when it was killed.
  expect(Object.keys(summary.success)).toEqual(expect.arrayContaining(['000020', '000040']));
  for (const row of Object.values(summary.success))
    expect(row).toMatchObject({ episodes: 1, errors: 0, seed: 101 });
  expect(json('run/checkpoints/success.json')).toEqual(summary.success);
  const best = readlinkSync(join(folder, 'run/checkpoints/best_success'));
  expect(summary.best_success).toBe(join(folder, 'run/checkpoints', best));
  expect(existsSync(join(folder, 'run/checkpoints', best, 'policy/policy.onnx'))).toBe(true);
  const entries = readdirSync(join(folder, 'run/checkpoints'), { withFileTypes: true });
  const links = entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name);
  expect(links.sort()).toEqual(['best', 'best_success', 'final', 'last']);
  // keep_last is 1 again, now that nothing waits.
  const named = links.map((name) => readlinkSync(join(folder, 'run/checkpoints', name)));
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(folders.sort()).toEqual([...new Set(named)].sort());
  expect(json('run/handover.json').best_success_checkpoint).toBe(`checkpoints/${best}`);
  expect(readFileSync(join(folder, 'run/HANDOVER.md'), 'utf8')).toMatch(
    new RegExp(`Best checkpoint by success: checkpoints/${best}, \\d of 1 on .*one\\.yaml`),
  );

  const other = brickyard('train', '--resume', 'run', '--min-episodes', '1', '--eval', 'smoke');
  expect(other.status).toBe(2);
  expect(other.stderr).toMatch(/were rolled out on other conditions/);
});

it('trains on from its best on other data: from where the user stood, with its normalisation kept', async () => {
  const size = [
    '--episodes',
    '2',
    '--scenarios',
    'far',
    '--size',
    '160x120',
    '--workers',
    '1',
    '--seed',
    '9',
  ];
  const made = brickyard('gen', ...size, '--out', 'data2', '--quiet');
  expect(made.status, made.stderr).toBe(0);
  const settings = ['policy=act_small', 'training.steps=2', 'training.batch_size=4', 'training.lr=1e-5'];
  const start = ['training.init_from=run/checkpoints/best', 'training.schedule=constant'];
  const args = ['--dataset', 'data2', '--min-episodes', '1', '--out', 'run2', ...settings, ...start];
  const trained = brickyard('train', ...args, '--json');
  // The export compares the policy with PyTorch over frames of the new data: 0 says that both normalise alike.
  expect(trained.status, trained.stderr).toBe(0);
  // Two steps of Adam move a weight by about 2e-5; weights that were drawn anew differ by a hundred times that. The loss
  // does not tell: on other data a trained policy's can be higher than an untrained one's.
  const [from, to] = ['run/checkpoints/best', 'run2/checkpoints/last'].map((at) =>
    weights(join(folder, at, 'pretrained_model/model.safetensors')),
  );
  expect([...to.keys()]).toEqual([...from.keys()]);
  for (const [name, values] of to) {
    const before = from.get(name)!;
    const moved = values.reduce((most, value, k) => Math.max(most, Math.abs(value - before[k])), 0);
    expect(moved, name).toBeLessThan(1e-4);
  }
  for (const run of ['run', 'run2']) {
    const model = join(folder, run, 'checkpoints/last/pretrained_model');
    const stored = readdirSync(model).filter((name) => name.endsWith('normalizer_processor.safetensors'));
    expect(stored).toHaveLength(2);
    for (const name of stored)
      expect(readFileSync(join(model, name))).toEqual(
        readFileSync(join(folder, 'run/checkpoints/best/pretrained_model', name)),
      );
  }
  expect(json('data/meta/stats.json').action.mean).not.toEqual(json('data2/meta/stats.json').action.mean);
});
