import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAlive, processStart } from '../../sim/host/process-alive.ts';
import { takeRunLock } from '../../sim/host/run-lock.ts';

let home: string;
let parent: ChildProcess;
/** Ended, and never waited for: its parent became another program that knows nothing of it. */
let zombie: number;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'brickyard-alive-'));
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
  rmSync(home, { recursive: true, force: true });
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

describe('a run lock', () => {
  it('is held by a living process and given back', () => {
    const release = takeRunLock(join(home, 'own'), 'own');
    expect(() => takeRunLock(join(home, 'own'), 'own')).toThrow(
      `process ${process.pid} is writing there now`,
    );
    release();
    takeRunLock(join(home, 'own'), 'own')();
  });

  it('is taken over from a process that ended, reaped or not', () => {
    const started = readFileSync(`/proc/${zombie}/stat`, 'utf8').split(') ')[1].split(' ')[19];
    for (const holder of [`${zombie} ${started}`, `${process.pid} 1`, `${2 ** 22 + 1} 5`]) {
      const folder = join(home, holder.replace(' ', '-'));
      takeRunLock(folder, folder)();
      writeFileSync(join(folder, 'lock'), holder);
      takeRunLock(folder, folder)();
    }
  });
});
