/** Browsers that die or hang under a policy, and Ctrl-C: the results are those of an undisturbed rollout. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { browsersOf, startCommand, until } from '../generator/gen-process.ts';
import { TINY_POLICY } from '../policy/altered-policy.ts';
import { evaluate, type RolloutFolder, resultLines, rolloutFolder } from './rollout-process.ts';

/** For machines that do much else. */
const PATIENCE_MS = 900_000;
let home: string;
let expected: RolloutFolder;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'brickyard-rollout-browser-'));
  const cwd = folder('undisturbed');
  const { code, stderr } = await evaluate(POLICY, cwd);
  if (code !== 0) throw new Error(stderr);
  expected = rolloutFolder(join(cwd, 'out'));
}, PATIENCE_MS);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const EPISODES = 4;
const POLICY = [
  ...['rollout', '--checkpoint', TINY_POLICY, '--scenarios', 'start-loaded', '--episodes', `${EPISODES}`],
  ...['--no-report', '--out', 'out', '--workers', '1'],
];

function folder(name: string): string {
  const path = join(home, name);
  mkdirSync(path);
  return path;
}

async function expectResumed(cwd: string): Promise<void> {
  const { code, stderr } = await evaluate([...POLICY, '--resume'], cwd);
  expect(code, stderr).toBe(0);
  expect(rolloutFolder(join(cwd, 'out'))).toEqual(expected);
}

const gone = (pid: number) => until(() => browsersOf(pid, true).length === 0, `browsers of ${pid} end`, 120);
const aRollout = (cwd: string) => until(() => resultLines(join(cwd, 'out')) > 0, 'a rollout ends', 300);

test(
  'a browser killed once: its rollouts are tried again, the results are the same',
  async () => {
    const cwd = folder('browser');
    const run = startCommand(['eval', ...POLICY], cwd);
    await aRollout(cwd);
    process.kill(browsersOf(run.pid)[0], 'SIGKILL');
    const { code, stderr } = await run.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('is rolled out again');
    expect(rolloutFolder(join(cwd, 'out'))).toEqual(expected);
    await gone(run.pid);
  },
  PATIENCE_MS,
);

test(
  'a browser killed whenever there is one: errors, which are named, exit 1, and are no success',
  async () => {
    const cwd = folder('browsers');
    const run = startCommand(['eval', ...POLICY], cwd);
    await until(() => run.stderr().includes('golden pairs agree'), 'the policy is checked', 300);
    const timer = setInterval(() => {
      for (const pid of browsersOf(run.pid)) process.kill(pid, 'SIGKILL');
    }, 50);
    const { code, stderr } = await run.ended.finally(() => clearInterval(timer));
    expect(code).toBe(1);
    expect(stderr).toContain(`${EPISODES} of ${EPISODES} rollouts ended in an error`);
    const { results, summary } = rolloutFolder(join(cwd, 'out'));
    expect(summary).toMatchObject({
      episodes: EPISODES,
      successes: 0,
      errors: EPISODES,
      success_rate: 0,
      failures: {},
    });
    for (const { status, error } of results) expect([status, error]).toEqual(['error', expect.any(String)]);
  },
  PATIENCE_MS,
);

test(
  'a browser that hangs is given up, its rollouts are tried again',
  async () => {
    const cwd = folder('hang');
    const run = startCommand(['eval', ...POLICY], cwd);
    await aRollout(cwd);
    process.kill(browsersOf(run.pid)[0], 'SIGSTOP');
    const { code, stderr } = await run.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('is rolled out again');
    expect(rolloutFolder(join(cwd, 'out'))).toEqual(expected);
    await gone(run.pid);
  },
  PATIENCE_MS,
);

test(
  'Ctrl-C once: what is in flight is kept, exit 130',
  async () => {
    const cwd = folder('interrupt');
    const run = startCommand(['eval', ...POLICY], cwd);
    await aRollout(cwd);
    run.child.kill('SIGINT');
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(stderr).toContain('with --resume goes on');
    await gone(run.pid);
    await expectResumed(cwd);
  },
  PATIENCE_MS,
);

test(
  'Ctrl-C twice: stops at once, exit 130, no browser is left',
  async () => {
    const cwd = folder('interrupt-twice');
    const run = startCommand(['eval', ...POLICY], cwd);
    await aRollout(cwd);
    run.child.kill('SIGINT');
    await until(() => run.stderr().includes('stopping') || run.child.exitCode !== null, 'the first is heard');
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
    await gone(run.pid);
    await expectResumed(cwd);
  },
  PATIENCE_MS,
);
