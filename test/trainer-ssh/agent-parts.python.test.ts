/** The parts of the host's agent that need no machine; what holds is in trainer/checks/remote_parts.py. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { testPython } from '../python.ts';

it('holds in each part of the agent', () => {
  const check = join(import.meta.dirname, '../../trainer/checks/remote_parts.py');
  const done = spawnSync(testPython(), [check], { encoding: 'utf8' });
  expect(done.stderr).toBe('');
  expect(done.status).toBe(0);
  expect(done.stdout.trim().split('\n')).toHaveLength(11);
});
