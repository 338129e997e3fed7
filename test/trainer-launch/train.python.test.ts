/**
 * The whole way with the real programs: a dataset is generated, a policy trained for a few steps and exported, its
 * parity figures repeated here; then the exported policy is made wrong in one way after the other.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkGoldenFrames } from '../../policy/golden-frames.ts';
import { checkGoldenPairs } from '../../policy/golden-pairs.ts';
import { loadPolicy } from '../../policy/policy-folder.ts';
import { PolicySession } from '../../policy/session.ts';
import { type HeadlessRenderer, openRenderer } from '../../render/renderer.ts';
import { InputError } from '../../sim/errors.ts';
import { testPython } from '../python.ts';

const ROOT = join(import.meta.dirname, '../..');
const STEPS = 20;
let folder: string;
let renderer: HeadlessRenderer;

function brickyard(...args: string[]) {
  const env = {
    ...process.env,
    XDG_CACHE_HOME: join(folder, 'cache'),
    OMP_NUM_THREADS: '1',
    INIT_CWD: folder,
  };
  return spawnSync(process.execPath, [join(ROOT, 'cli.ts'), ...args], { encoding: 'utf8', env, cwd: folder });
}

beforeAll(async () => {
  testPython();
  folder = mkdtempSync(join(tmpdir(), 'brickyard-train-'));
  renderer = await openRenderer();
});
afterAll(async () => {
  await renderer?.close();
  rmSync(folder, { recursive: true, force: true });
});

it('trains, exports, and the policy does here what it did there', async () => {
  const size = ['--episodes', '2', '--scenarios', 'one-brick', '--size', '160x120'];
  const made = brickyard('gen', ...size, '--workers', '1', '--out', 'data', '--quiet');
  expect(made.status, made.stderr).toBe(0);
  const few = brickyard('train', '--dataset', 'data', 'policy=act_small');
  expect(few.status).toBe(1);
  expect(few.stderr).toContain('not fit for training');

  const small = [
    'policy=act_small',
    `training.steps=${STEPS}`,
    'training.batch_size=4',
    'training.log_every=5',
    // Near its random start the network's actions depend on what it sees. Twenty steps at 1e-3 only teach it the mean
    // action, which swapped channels change by less than the bound.
    'training.lr=3e-4',
  ];
  const args = ['--dataset', 'data', '--min-episodes', '1', '--out', 'run', '--json', ...small];
  const trained = brickyard('train', ...args);
  expect(trained.status, trained.stderr).toBe(0);
  const summary = JSON.parse(trained.stdout.trim().split('\n').at(-1)!);
  expect(summary).toMatchObject({ run: join(folder, 'run'), steps: STEPS });
  expect(trained.stderr).toMatch(/20\/20 steps \| loss/);
  const { contract } = await loadPolicy(summary.policy);
  const { resize, network, end_to_end, frames } = contract.parity.onnxruntime_node;
  expect(frames).toBeGreaterThanOrEqual(200);
  expect(resize).toBe(0);
  expect(network).toBeLessThanOrEqual(1e-5);
  expect(end_to_end).toBeLessThanOrEqual(1e-3);
  expect(await refusal(summary.policy)).toBe('');
});

it.each([
  ['normalisation', 'golden pair 0'],
  ['channels', 'golden pair 0'],
  ['state-order', 'golden pair 0'],
  ['fps', 'run again at 20 Hz'],
  ['chunk', 'policy.json says (1, 10, 4)'],
  ['camera', 'the picture drawn here differs'],
])('refuses the same policy with another %s', async (kind, message) => {
  const policy = join(folder, 'run/checkpoints/final/policy');
  const out = join(folder, kind);
  const script = join(ROOT, 'trainer/checks/mutate_policy.py');
  const made = spawnSync(testPython(), [script, policy, out, kind], { encoding: 'utf8' });
  expect(made.status, made.stderr).toBe(0);
  expect(await refusal(out)).toContain(message);
});

/** What an evaluation says before its first episode, or '' when it would begin. */
async function refusal(path: string): Promise<string> {
  let session: PolicySession | undefined;
  try {
    const policy = await loadPolicy(path);
    session = await PolicySession.open(policy);
    await checkGoldenPairs(session, policy);
    await checkGoldenFrames(policy, renderer);
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  } finally {
    await session?.close();
  }
}
