/** A rollout killed at any moment ends, by --resume, with the results of an undisturbed one. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Rng } from '../../sim/engine/rng.ts';
import { startCommand, until } from '../generator/gen-process.ts';
import { evaluate, type RolloutFolder, resultLines, rolloutFolder } from './rollout-process.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'brickyard-rollout-crash-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Short episodes: the brick is in the bucket already. */
const CONDITIONS = ['--scenarios', 'start-loaded', '--no-report', '--out', 'out'];
const EXPERT = ['rollout', '--checkpoint', 'expert', ...CONDITIONS, '--episodes', '24', '--workers', '2'];

function folder(name: string): string {
  const path = join(home, name);
  mkdirSync(path);
  return path;
}

async function undisturbed(args: string[], name: string): Promise<RolloutFolder> {
  const cwd = folder(name);
  const { code, stderr } = await evaluate(args, cwd);
  if (code !== 0) throw new Error(stderr);
  return rolloutFolder(join(cwd, 'out'));
}

async function expectResumed(args: string[], cwd: string, expected: RolloutFolder): Promise<void> {
  const { code, stderr } = await evaluate([...args, '--resume'], cwd);
  expect(code, stderr).toBe(0);
  expect(rolloutFolder(join(cwd, 'out'))).toEqual(expected);
}

describe('kill -9 of the command', () => {
  const KILLS = 20;
  const seed = Number(process.env.KILL_SEED ?? Math.floor(Math.random() * 1e6));

  // Another run of the same moments: KILL_SEED=...
  test(`at ${KILLS} moments drawn from seed ${seed}`, async () => {
    const expected = await undisturbed(EXPERT, 'undisturbed');
    const rng = Rng.from('kill-moments', seed);
    const log: string[] = [];
    let kills = 0;
    for (let round = 0; kills < KILLS; round++) {
      const cwd = folder(`killed-${round}`);
      const out = join(cwd, 'out');
      for (let ended = false; kills < KILLS && !ended; ) {
        // So many rollouts further, or while it starts; then so much later.
        const further = rng.integer(0, 4);
        const ms = rng.integer(0, further === 0 ? 1500 : 100);
        const wanted = resultLines(out) + further;
        const run = startCommand(['eval', ...EXPERT, '--resume'], cwd);
        await until(() => resultLines(out) >= wanted || run.child.exitCode !== null, 'rollouts end', 200);
        await new Promise((resolve) => setTimeout(resolve, ms));
        run.child.kill('SIGKILL');
        ended = (await run.ended).signal !== 'SIGKILL';
        if (!ended) kills++;
        log.push(`round ${round}: ${further} rollouts and ${ms} ms further, ${resultLines(out)} lines then`);
      }
      await expectResumed(EXPERT, cwd, expected).catch((error) => {
        throw new Error(`${error.message}\n${log.join('\n')}`);
      });
    }
    expect(log.length).toBeGreaterThanOrEqual(KILLS);
  }, 600_000);
});

test('a full disk: one sentence, and --resume completes the rollouts', async () => {
  const few = ['rollout', '--checkpoint', 'expert', ...CONDITIONS, '--episodes', '6', '--workers', '1'];
  const expected = await undisturbed(few, 'roomy');
  const cwd = folder('full');
  const out = folder('full/out');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48k', 'tmpfs', out]);
  try {
    const { code, stderr } = await evaluate(few, cwd);
    expect(stderr).toMatch(
      /^brickyard: the rollouts in \S+ cannot be completed: no space left on the disk \(ENOSPC\);.*--resume$/m,
    );
    expect(code).toBe(2);
    expect(resultLines(out)).toBeGreaterThan(0);
    execFileSync('mount', ['-o', 'remount,size=10m', out]);
    await expectResumed(few, cwd, expected);
  } finally {
    execFileSync('umount', [out]);
  }
});
