/**
 * From scenarios to a report with a task and a robot of the user's own, in a folder outside of the checkout, of which no
 * file is edited for it.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const TASK = ['--task', 'my-task'];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'outside-task-'));
  cpSync(join(ROOT, 'examples/tasks/reach-post'), join(folder, 'my-task'), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'cli.ts'), ...args], {
    cwd: folder,
    env: { ...process.env, INIT_CWD: folder },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** What it prints as --json, when it exits with 0. */
function brickyard(...args: string[]) {
  const { status, stdout, stderr } = run(...args, '--json');
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

it('makes a dataset of two workers, which validates and replays', () => {
  const made = brickyard(
    'gen',
    ...TASK,
    '--episodes',
    '6',
    '--workers',
    '2',
    '--size',
    '64x48',
    '--verify',
    '--out',
    'data',
  );
  expect(made).toMatchObject({ episodes: 6 });
  const info = JSON.parse(readFileSync(join(folder, 'data/meta/info.json'), 'utf8'));
  expect(info.features.action).toMatchObject({ shape: [2], names: ['push_x', 'push_z'] });
  expect(info.features['observation.state'].names).toEqual(['x', 'z', 'speed_x', 'speed_z']);
  expect(info.robot_type).toBe('puck');
  brickyard('dataset', 'validate', 'data', '--min-episodes', '6', ...TASK);
  const { successes } = brickyard(
    'eval',
    'rollout',
    ...TASK,
    '--checkpoint',
    'replay:data',
    '--out',
    'replayed',
  );
  expect(successes).toBe(6);
});

it('makes the same dataset with one worker, and noisy data', () => {
  const args = [...TASK, '--episodes', '6', '--workers', '1', '--size', '64x48'];
  const again = brickyard('gen', ...args, '--out', 'again');
  const metadata = JSON.parse(readFileSync(join(folder, 'data/metadata.json'), 'utf8'));
  expect(again.fingerprint).toBe(metadata.fingerprint.sha256);
  brickyard('gen', ...args, '--mode', 'noise', '--out', 'noisy');
});

it('says of a dataset which task it needs, where that is not loaded', () => {
  const { status, stderr } = run('eval', 'rollout', '--checkpoint', 'replay:data', '--out', 'unloaded');
  expect({ status, stderr }).toMatchObject({ status: 2 });
  expect(stderr).toContain('name its folder with --task');
});

it('drives, labels failures, and reports', () => {
  const asked = [...TASK, '--scenarios', 'all', '--episodes', '4', '--workers', '1'];
  expect(brickyard('eval', 'rollout', ...asked, '--checkpoint', 'expert', '--out', 'expert')).toMatchObject({
    successes: 4,
  });
  const idle = brickyard('eval', 'rollout', ...asked, '--checkpoint', 'zero', '--out', 'idle');
  expect(idle).toMatchObject({ successes: 0 });
  brickyard('eval', 'report', 'idle', ...TASK, '--videos', '1', '--out', 'idle.html');
  const page = readFileSync(join(folder, 'idle.html'), 'utf8');
  expect(page).toContain('MISSED_POST');
  expect(page).toContain('The puck did not come to rest at the post.');
});

it('guards against regressions with golden trajectories in the folder', () => {
  expect(run('eval', 'regression', 'smoke', ...TASK, '--update').status).toBe(0);
  expect(existsSync(join(folder, 'my-task/goldens.json'))).toBe(true);
  brickyard('eval', 'regression', 'smoke', ...TASK);
});

it('names the place in the task where its code throws in a worker', () => {
  const file = join(folder, 'my-task/world.ts');
  const text = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    text.replace(
      '  get isDone',
      "  get isDone(): boolean {\n    throw new Error('boom');\n  }\n\n  get wasDone",
    ),
  );
  const { status, stderr } = run(
    'gen',
    ...TASK,
    '--episodes',
    '1',
    '--workers',
    '1',
    '--out',
    'thrown',
    '--quiet',
  );
  writeFileSync(file, text);
  expect({ status, stderr }).toMatchObject({ status: 2 });
  expect(stderr).toMatch(/task reach-post: boom, at world\.ts:\d+/);
  expect(stderr).not.toMatch(/^\s+at /m);
});
