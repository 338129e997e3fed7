/** Comparing two policies that were not rolled out yet: it stops when decided, goes on after Ctrl-C, leaves nothing. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shuffledOrder } from '../../evaluator/compare/pairing.ts';
import { readRollout } from '../../evaluator/compare/rollout-folder.ts';
import { startCommand, until } from '../generator/gen-process.ts';
import { evaluate, resultLines, rolloutFolder } from './rollout-process.ts';

const EPISODES = 24;
const COMPARE = [
  ...['compare', 'zero', 'expert', '--scenarios', 'start-loaded', '--episodes', `${EPISODES}`],
  ...['--out', 'out', '--workers', '2'],
];
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'brickyard-compare-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Processes whose command line names the folder. */
function runningIn(folder: string): string[] {
  const lines = readdirSync('/proc').map((name) => {
    try {
      return /^\d+$/.test(name) ? readFileSync(`/proc/${name}/cmdline`, 'utf8') : '';
    } catch {
      return '';
    }
  });
  return lines.filter((line) => line.includes(folder));
}

test('--stop-early rolls out what the decision takes; without it the same command does the rest', async () => {
  const interrupted = startCommand(['eval', ...COMPARE, '--stop-early'], home);
  await until(() => resultLines(join(home, 'out', 'b')) > 0, 'a rollout ends', 150);
  interrupted.child.kill('SIGINT');
  const { code, stderr } = await interrupted.ended;
  // The decision may come first on a fast machine.
  expect([0, 130], stderr).toContain(code);
  expect(runningIn(join(home, 'out'))).toEqual([]);

  const early = await evaluate([...COMPARE, '--stop-early'], home);
  expect(early.code, early.stderr).toBe(0);
  expect(early.summary).toMatchObject({
    verdict: 'BETTER',
    method: 'sequential',
    gained: early.summary.episodes,
  });
  expect(early.summary.rollouts).toMatchObject({ conditions: EPISODES });
  expect((early.summary.rollouts as { not_needed: number }).not_needed).toBeGreaterThan(0);

  const whole = await evaluate(COMPARE, home);
  expect(whole.code, whole.stderr).toBe(0);
  expect(whole.summary).toMatchObject({ verdict: 'BETTER', method: 'fixed', episodes: EPISODES });
  const decided = shuffledOrder(readRollout(join(home, 'out', 'a'), 'a').results).slice(
    0,
    early.summary.episodes as number,
  );
  expect((early.summary.conditions as { gained: string[] }).gained).toEqual(
    decided.map(({ condition }) => condition).sort(),
  );

  const alone = await evaluate(
    [
      'rollout',
      '--checkpoint',
      'expert',
      '--scenarios',
      'start-loaded',
      '--episodes',
      `${EPISODES}`,
      '--out',
      'alone',
      '--no-report',
    ],
    home,
  );
  expect(alone.code, alone.stderr).toBe(0);
  expect(rolloutFolder(join(home, 'out', 'b'))).toEqual(rolloutFolder(join(home, 'alone')));
}, 600_000);

test('one that is refused ends the other, and is named', async () => {
  mkdirSync(join(home, 'refused', 'b'), { recursive: true });
  writeFileSync(join(home, 'refused', 'b', 'other'), '');
  const { code, stderr } = await evaluate([...COMPARE, '--out', 'refused'], home);
  expect(code, stderr).toBe(2);
  expect(stderr).toMatch(/B: .*holds something that is no rollout/);
  expect(stderr).toContain('expert could not be rolled out; the reason is above');
  expect(runningIn(join(home, 'refused'))).toEqual([]);
}, 300_000);
