import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeRunLock } from '../../sim/host/run-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a second taker is refused by name until the first gives back', () => {
  const release = takeRunLock(folder, 'data');
  expect(() => takeRunLock(folder, 'data')).toThrow(`process ${process.pid} is writing there now`);
  release();
  takeRunLock(folder, 'data')();
});

test('the lock of a process that ended, or whose number now belongs to another, is taken over', () => {
  const { pid } = spawnSync('true');
  for (const content of [`${pid} 12345`, `${process.pid} 1`, '', 'rubbish']) {
    writeFileSync(join(folder, 'lock'), content);
    takeRunLock(folder, 'data')();
  }
});
