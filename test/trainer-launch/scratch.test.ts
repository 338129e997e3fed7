import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { makeScratch } from '../../trainer/launch/scratch.ts';

test('what a process that is no more left is removed, what a living one uses stays', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'scratch-'));
  try {
    const { pid: gone } = spawnSync(process.execPath, ['--version']);
    const [left, used, foreign] = [`parity-${gone}-a`, `dry-run-${process.pid}-b`, 'parity-word'].map(
      (name) => join(parent, `brickyard-${name}`),
    );
    for (const folder of [left, used, foreign]) mkdirSync(folder);
    const made = await makeScratch('parity', parent);
    expect(basename(made)).toMatch(new RegExp(`^brickyard-parity-${process.pid}-`));
    expect([made, left, used, foreign].map((folder) => existsSync(folder))).toEqual([
      true,
      false,
      true,
      true,
    ]);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});
