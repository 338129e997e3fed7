/** The regression suite: goldens that name what moved, a gate that names what got worse, XML that CI can read. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparePairs } from '../../evaluator/compare/comparison.ts';
import { pairRollouts } from '../../evaluator/compare/pairing.ts';
import { compareGoldens, type Goldens, makeGoldens } from '../../evaluator/regression/goldens.ts';
import { junitXml } from '../../evaluator/regression/junit.ts';
import { gateCases } from '../../evaluator/regression/policy-gate.ts';
import { policyGate, readGoldens } from '../../evaluator/regression/run.ts';
import type { RunRollout } from '../../evaluator/rollout-process.ts';
import { listScenarios, loadScenario } from '../../scenarios/registry.ts';
import { madeUpResults, writeRollout } from './made-up-rollout.ts';

const GOLDENS = new URL('../../evaluator/regression/goldens.json', import.meta.url).pathname;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-regression-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('golden trajectories', () => {
  it('are those of this code, and there is one for every scenario', async () => {
    const stored = readGoldens(GOLDENS, 'of this version');
    expect(Object.keys(stored).sort()).toEqual(
      listScenarios()
        .map(({ name }) => name)
        .sort(),
    );
    // Two of them here; `eval regression` looks at all.
    const made = await makeGoldens(['one-brick', 'wall'].map((name) => loadScenario(name, folder)));
    expect(made).toEqual({ 'one-brick': stored['one-brick'], wall: stored.wall });
  });
  it('say which of sampler, simulator and expert moved, with both values', () => {
    const before: Goldens = {
      a: { start: 's', simulator: 'x', expert: { outcome: 'success', frames: 100, state: 'e' } },
      gone: { start: 's', simulator: 'x', expert: { outcome: 'success', frames: 1, state: 'e' } },
    };
    const now: Goldens = {
      a: { start: 's', simulator: 'y', expert: { outcome: 'timeout', frames: 900, state: 'f' } },
      added: before.gone,
    };
    expect(compareGoldens(before, now)).toEqual([
      { scenario: 'a', part: 'simulator', message: 'state after 10 s of fixed actions was x, is y' },
      {
        scenario: 'a',
        part: 'expert',
        message:
          "expert's episode was success after 100 frames (state e), is timeout after 900 frames (state f)",
      },
      { scenario: 'added', part: 'scenario', message: 'is new; no golden knows it' },
      { scenario: 'gone', part: 'scenario', message: 'is gone; a golden still has it' },
    ]);
    expect(compareGoldens(before, before)).toEqual([]);
  });
  it('are refused when absent or something else', () => {
    expect(() => readGoldens(join(folder, 'none.json'), 'none.json')).toThrow(/no such file.*--update/);
    writeFileSync(join(folder, 'odd.json'), '{"one": 1}');
    expect(() => readGoldens(join(folder, 'odd.json'), 'odd.json')).toThrow(/odd\.json: one: /);
    writeFileSync(join(folder, 'odd.json'), '{');
    expect(() => readGoldens(join(folder, 'odd.json'), 'odd.json')).toThrow(/is no JSON/);
  });
});

const compared = (a: string, b: string, margin = 5) => {
  const summary = { suite: 'smoke', suite_hash: 'b'.repeat(64) };
  return comparePairs(
    pairRollouts(
      { name: 'A', results: madeUpResults(a), summary },
      { name: 'B', results: madeUpResults(b), summary },
    ),
    margin,
  );
};
const failures = (a: string, b: string, margin?: number) =>
  gateCases(compared(a, b, margin)).flatMap(({ failure }) => failure ?? []);

describe('the policy gate', () => {
  it('lets the same policy pass, however few the episodes', () => {
    expect(failures('1101', '1101')).toEqual([]);
    expect(failures('0000', '0000')).toEqual([]);
  });
  it('fails on a drop beyond the margin, names the conditions, and not at the margin', () => {
    const before = '1'.repeat(40);
    expect(failures(before, `00${'1'.repeat(38)}`, 5)).toEqual([]);
    const [failure, ...rest] = failures(before, `000${'1'.repeat(37)}`, 5);
    expect(failure).toMatch(
      /fell by 7\.5 points, from 100\.0 % to 92\.5 %, more than the margin of 5\.0.*one-brick\/0\/0, one-brick\/0\/2, wall\/0\/1$/,
    );
    expect(rest).toEqual([]);
  });
  it('names a scenario that got worse though the whole did not', () => {
    const found = failures('10'.repeat(20), '01'.repeat(20));
    expect(found).toEqual([
      expect.stringMatching(/^scenario one-brick: 0\.0 % against 100\.0 %, lost 20 of 20/),
    ]);
  });
  it('fails when a rollout crashed', () => {
    expect(failures('1111', '111e')).toEqual([expect.stringMatching(/1 rollouts .* crashed or hung/)]);
  });
});

describe('a gate run', () => {
  const request = { suite: 'smoke', checkpoint: 'new', marginPoints: 5 };
  /** Writes what the policy of that name would do. */
  function fakeRollouts(outcomes: Record<string, string>) {
    const asked: string[] = [];
    const run: RunRollout = async ({ checkpoint, out }) => {
      asked.push(checkpoint);
      writeRollout(out, madeUpResults(outcomes[checkpoint]));
    };
    return { asked, run };
  }
  it('takes a stored baseline as it is, and rolls out a policy', async () => {
    const baseline = writeRollout(join(folder, 'stored'), madeUpResults('1111'));
    const stored = fakeRollouts({ new: '1110' });
    const gate = await policyGate({ ...request, baseline, out: join(folder, 'one') }, stored.run);
    expect(stored.asked).toEqual(['new']);
    expect(gate.comparison).toMatchObject({ difference: -0.25, episodes: 4 });
    expect(gate.cases.filter(({ failure }) => failure)).toHaveLength(1);
    const both = fakeRollouts({ new: '1110', expert: '1010' });
    const second = await policyGate({ ...request, baseline: 'expert', out: join(folder, 'two') }, both.run);
    expect(both.asked).toEqual(['new', 'expert']);
    expect(second.comparison.difference).toBe(0.25);
  });
  it('refuses a baseline of an edited suite, and a broken one before anything runs', async () => {
    const edited = writeRollout(join(folder, 'edited'), madeUpResults('1111'), {
      suite: 'smoke',
      suite_hash: 'c'.repeat(64),
    });
    const rollouts = fakeRollouts({ new: '1111' });
    await expect(
      policyGate({ ...request, baseline: edited, out: join(folder, 'three') }, rollouts.run),
    ).rejects.toThrow(/suite smoke was edited/);
    writeFileSync(join(edited, 'results.jsonl'), 'nonsense\n');
    const fresh = join(folder, 'four');
    await expect(policyGate({ ...request, baseline: edited, out: fresh }, rollouts.run)).rejects.toThrow(
      /line 1 is no JSON/,
    );
    expect(rollouts.asked).toEqual(['new']);
    expect(existsSync(fresh)).toBe(false);
  });
});

describe('JUnit XML', () => {
  it('counts failures a group and escapes what a name may hold', () => {
    const xml = junitXml('run', [
      { group: 'golden', name: 'wall' },
      { group: 'policy', name: 'a<b & "c"\u0007', failure: 'fell by <5>', note: 'rates' },
    ]);
    expect(xml).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="run" tests="2" failures="1">
  <testsuite name="golden" tests="1" failures="0" errors="0" skipped="0">
    <testcase classname="golden" name="wall"/>
  </testsuite>
  <testsuite name="policy" tests="1" failures="1" errors="0" skipped="0">
    <testcase classname="policy" name="a&lt;b &amp; &quot;c&quot;">
      <failure message="fell by &lt;5&gt;">fell by &lt;5&gt;</failure>
      <system-out>rates</system-out>
    </testcase>
  </testsuite>
</testsuites>
`,
    );
  });
});
