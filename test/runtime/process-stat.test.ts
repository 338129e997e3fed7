import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAlive, processStart } from '../../runtime/process-stat.ts';

let parent: ChildProcess;
/** Ended, and never waited for: its parent became another program that knows nothing of it. */
let zombie: number;

beforeAll(async () => {
  // It ends only after its parent has become `sleep`: a shell would still look, and leave no zombie.
  const child = '(until grep -q sleep /proc/$$/comm; do :; done) & echo $!; exec sleep 60';
  parent = spawn('sh', ['-c', child], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(parent.stdout!, 'data');
  zombie = Number(String(line));
  const isZombie = () => / Z /.test(readFileSync(`/proc/${zombie}/stat`, 'utf8'));
  while (!isZombie()) await new Promise((resolve) => setTimeout(resolve, 5));
});
afterAll(() => {
  parent.kill('SIGKILL');
});

describe('a process', () => {
  it('is alive while it runs', () => {
    expect(isAlive(process.pid)).toBe(true);
    expect(isAlive(parent.pid!)).toBe(true);
    expect(processStart(process.pid)).toMatch(/^\d+$/);
  });

  it('is not when there is none of that number', () => {
    for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 22 + 1]) expect(isAlive(pid), `${pid}`).toBe(false);
    expect(processStart(2 ** 22 + 1)).toBe('');
  });

  it('is not when it ended and its parent has not looked yet', () => {
    expect(isAlive(zombie)).toBe(false);
    expect(processStart(zombie)).toBe('');
  });
});
