/**
 * Whatever happens to the command, its browsers or its disk: what was kept stays kept, nothing is left running, and
 * --resume ends with the dataset of an undisturbed run.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsersOf, gen, genOk, journalLines, SMALL, startCommand, until } from './gen-process.ts';

const ARGS = [...SMALL, '--episodes', '10', '--out', 'data'];
let home: string;
let expected: { fingerprint: string; frames: number };

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'brickyard-crash-'));
  expected = await genOk([...SMALL, '--episodes', '10', '--out', 'undisturbed'], home);
}, 300_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A folder of its own for each test; what it ends with must equal the undisturbed run. */
async function disturbed(name: string, disturb: (cwd: string, out: string) => Promise<void>): Promise<void> {
  const cwd = join(home, name);
  execFileSync('mkdir', [cwd]);
  const out = join(cwd, 'data');
  await disturb(cwd, out);
  const summary = await genOk([...ARGS, '--resume'], cwd);
  expect(summary.fingerprint).toBe(expected.fingerprint);
  expect(existsSync(join(out, '.brickyard'))).toBe(false);
}

const gone = (pid: number) => until(() => browsersOf(pid, true).length === 0, `browsers of ${pid} end`, 15);

describe('kill -9 of the command', () => {
  // From before the first browser to between the last episode and the publishing; the moments shift with the machine.
  test.each([0, 1, 6, 10])('after %i episodes', async (lines) => {
    await disturbed(`kill-${lines}`, async (cwd, out) => {
      const run = startCommand(['gen', ...ARGS], cwd);
      if (lines === 0) await until(() => existsSync(join(out, '.brickyard')), 'the run begins');
      // The first line of the journal names the rendering stack.
      else await until(() => journalLines(out) > lines || run.child.exitCode !== null, `${lines} episodes`);
      run.child.kill('SIGKILL');
      await run.ended;
      await gone(run.pid);
      expect(existsSync(join(out, 'meta', 'info.json')) && lines < 10).toBe(false);
    });
  });

  test('over and over, a little further each time', async () => {
    await disturbed('kill-often', async (cwd, out) => {
      for (let lines = 2; lines <= 8; lines += 3) {
        const run = startCommand(['gen', ...ARGS, '--resume'], cwd);
        await until(() => journalLines(out) > lines || run.child.exitCode !== null, `${lines} episodes`);
        run.child.kill('SIGKILL');
        await run.ended;
      }
    });
  });
});

test('kill -9 of a browser: its episodes are drawn again, the run goes on', async () => {
  await disturbed('kill-browser', async (cwd, out) => {
    const run = startCommand(['gen', ...ARGS], cwd);
    await until(() => journalLines(out) > 1, 'an episode');
    const [pid] = browsersOf(run.pid);
    // A browser that dies while its worker simulates is replaced without a word: held until it is asked to draw.
    process.kill(pid, 'SIGSTOP');
    const lines = journalLines(out);
    await until(() => journalLines(out) > lines + 2, 'the other worker goes on');
    process.kill(pid, 'SIGKILL');
    const { code, stderr } = await run.ended;
    expect(code).toBe(0);
    expect(stderr).toContain('is drawn again');
    await gone(run.pid);
  });
});

test('a browser that hangs is given up and replaced', async () => {
  await disturbed('hang', async (cwd, out) => {
    const run = startCommand(['gen', ...ARGS], cwd);
    await until(() => journalLines(out) > 1, 'an episode');
    const [pid] = browsersOf(run.pid);
    for (const each of browsersOf(run.pid, true)) if (each === pid) process.kill(each, 'SIGSTOP');
    const { code, stderr } = await run.ended;
    expect(code).toBe(0);
    expect(stderr).toContain('is drawn again');
    await gone(run.pid);
  });
}, 300_000);

describe('Ctrl-C', () => {
  test('once: finishes what is in flight, keeps the state, exits 130', async () => {
    await disturbed('interrupt', async (cwd, out) => {
      const run = startCommand(['gen', ...ARGS], cwd);
      await until(() => journalLines(out) > 1, 'an episode');
      run.child.kill('SIGINT');
      const { code, stderr } = await run.ended;
      expect(code).toBe(130);
      expect(stderr).toContain('with --resume goes on');
      expect(journalLines(out)).toBeGreaterThan(1);
      expect(browsersOf(run.pid, true)).toEqual([]);
    });
  });

  test('twice: stops at once, exits 130, leaves no browser', async () => {
    await disturbed('interrupt-twice', async (cwd, out) => {
      const run = startCommand(['gen', ...ARGS], cwd);
      await until(() => journalLines(out) > 1, 'an episode');
      run.child.kill('SIGINT');
      run.child.kill('SIGINT');
      await until(
        () => run.stderr().includes('stopping') || run.child.exitCode !== null,
        'the first is heard',
      );
      run.child.kill('SIGINT');
      expect((await run.ended).code).toBe(130);
      await gone(run.pid);
    });
  });
});

test('a full disk: exit 1 with the remedy, everything kept stays, no half-written file', async () => {
  const cwd = join(home, 'full');
  execFileSync('mkdir', ['-p', join(cwd, 'data')]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', join(cwd, 'data')]);
  try {
    const full = await gen(ARGS, cwd);
    expect(full.code).toBe(1);
    expect(full.stderr).toContain('the disk is full');
    expect(full.stderr).toContain('--resume');
    expect(journalLines(join(cwd, 'data'))).toBeGreaterThan(1);
    execFileSync('mount', ['-o', 'remount,size=100m', join(cwd, 'data')]);
    const summary = await genOk([...ARGS, '--resume'], cwd);
    expect(summary.fingerprint).toBe(expected.fingerprint);
  } finally {
    execFileSync('umount', [join(cwd, 'data')]);
  }
});

test('a full disk once every episode is kept: one sentence, and --resume only has to publish', async () => {
  const cwd = join(home, 'full-late');
  execFileSync('mkdir', ['-p', join(cwd, 'data')]);
  // Room for what is staged, 1.7 MB, but not for the shard that is made of it as well.
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2400k', 'tmpfs', join(cwd, 'data')]);
  try {
    const full = await gen(ARGS, cwd);
    expect(full.code).toBe(2);
    expect(full.stderr).toMatch(
      /^brickyard: the dataset in \S+ cannot be completed: no space left on the disk \(ENOSPC\);.*--resume$/m,
    );
    expect(journalLines(join(cwd, 'data'))).toBeGreaterThanOrEqual(10);
    execFileSync('mount', ['-o', 'remount,size=100m', join(cwd, 'data')]);
    const summary = await genOk([...ARGS, '--resume'], cwd);
    expect(summary.fingerprint).toBe(expected.fingerprint);
  } finally {
    execFileSync('umount', [join(cwd, 'data')]);
  }
});

test('two commands on one folder: the second is refused by name and touches nothing', async () => {
  await disturbed('two', async (cwd, out) => {
    const first = startCommand(['gen', ...ARGS], cwd);
    await until(() => journalLines(out) > 0, 'the first runs');
    // Held still, or on a busy machine it is done before the second has started.
    process.kill(first.pid, 'SIGSTOP');
    const second = await gen([...ARGS, '--resume'], cwd);
    process.kill(first.pid, 'SIGCONT');
    expect(second.code).toBe(2);
    expect(second.stderr).toContain(`process ${first.pid} is writing there now`);
    expect((await first.ended).code).toBe(0);
  });
});

test('--resume on an absent folder begins, on a finished one it has nothing to do', async () => {
  const cwd = join(home, 'absent');
  execFileSync('mkdir', [cwd]);
  const first = await genOk([...ARGS, '--resume'], cwd);
  expect(first.fingerprint).toBe(expected.fingerprint);
  const info = join(cwd, 'data', 'meta', 'info.json');
  const { mtimeMs } = statSync(info);
  const again = await gen([...ARGS, '--resume'], cwd);
  expect(again.code).toBe(0);
  expect(again.summary?.fingerprint).toBe(expected.fingerprint);
  expect(statSync(info).mtimeMs).toBe(mtimeMs);
});
