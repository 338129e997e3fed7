/** The example outside of the simulator brings suites and golden trajectories, and still gives them. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

it('gives the golden trajectories of examples/tasks/push-ball', () => {
  const args = ['eval', 'regression', 'smoke', '--task', join(ROOT, 'examples/tasks/push-ball'), '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'cli.ts'), ...args], {
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({ ok: true, cases: 3 });
});
