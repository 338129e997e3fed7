/** The parts of the host's agent that need no machine; what holds is in trainer/checks/remote_parts.py. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('holds in each part of the agent', () => {
  const python = process.env.BRICKYARD_PYTHON;
  if (!python) throw new Error('this test needs BRICKYARD_PYTHON: run it by `npm test`');
  const check = join(import.meta.dirname, '../../trainer/checks/remote_parts.py');
  const done = spawnSync(python, [check], { encoding: 'utf8' });
  expect(done.stderr).toBe('');
  expect(done.status).toBe(0);
  expect(done.stdout.trim().split('\n')).toHaveLength(10);
});
