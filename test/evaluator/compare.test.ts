/** Comparing two rollouts: what is refused, what is said, and that it is said of the right pairs. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { compareCommand } from '../../evaluator/compare/command.ts';
import { comparePairs, compareUntilDecided } from '../../evaluator/compare/comparison.ts';
import { pairRollouts, shuffledOrder } from '../../evaluator/compare/pairing.ts';
import { readRollout, type StoredRollout } from '../../evaluator/compare/rollout-folder.ts';
import { comparisonText } from '../../evaluator/compare/table.ts';
import { holm } from '../../evaluator/statistics/holm.ts';
import { mcnemarExact } from '../../evaluator/statistics/paired.ts';
import type { RolloutResult } from '../../rollouts/results.ts';
import { madeUpResults, writeRollout } from './made-up-rollout.ts';

const SUITE = { suite: 'smoke', suite_hash: 'b'.repeat(64) };
const rollout = (name: string, outcomes: string, changes?: Partial<RolloutResult>): StoredRollout => ({
  name,
  results: madeUpResults(outcomes, changes),
  summary: SUITE,
});
const compare = (a: string, b: string, margin?: number) =>
  comparePairs(pairRollouts(rollout('A', a), rollout('B', b)), margin);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-compare-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('verdict', () => {
  it('is BETTER or WORSE when the discordant pairs say so', () => {
    const better = compare('0'.repeat(40), '1'.repeat(12) + '0'.repeat(28));
    expect(better).toMatchObject({ verdict: 'BETTER', episodes: 40, gained: 12, lost: 0, difference: 0.3 });
    expect(better.p_value).toBe(mcnemarExact(12, 0));
    expect(better.interval[0]).toBeGreaterThan(0);
    expect(compare('1'.repeat(40), '0'.repeat(12) + '1'.repeat(28)).verdict).toBe('WORSE');
  });
  it('is UNDERPOWERED when the margin could have been missed, NO DIFFERENCE SHOWN when not', () => {
    expect(compare('1'.repeat(30), '1'.repeat(30))).toMatchObject({ verdict: 'UNDERPOWERED', difference: 0 });
    const many = compare('1'.repeat(600), '1'.repeat(600));
    expect(many.verdict).toBe('NO DIFFERENCE SHOWN');
    expect(many.smallest_detectable_difference).toBeLessThan(0.05);
    expect(compare('1'.repeat(600), '1'.repeat(600), 0.5).verdict).toBe('UNDERPOWERED');
  });
  it('counts each scenario for itself and corrects their p values', () => {
    const { by_scenario } = compare('10'.repeat(20), '00'.repeat(20));
    expect(by_scenario['one-brick']).toMatchObject({ episodes: 20, gained: 0, lost: 20, difference: -1 });
    expect(by_scenario['one-brick'].p_value).toBeCloseTo(2 * mcnemarExact(0, 20), 12);
    expect(by_scenario.wall).toMatchObject({ difference: 0, p_value: 1 });
  });
  it('keeps crashes out of the rates and says what they could turn', () => {
    const found = compare(`${'0'.repeat(40)}1111`, `${'1'.repeat(7)}${'0'.repeat(33)}eeee`);
    expect(found).toMatchObject({
      verdict: 'BETTER',
      episodes: 40,
      errors: { a: 0, b: 4, pairs_left_out: 4 },
    });
    expect(found.notes.join()).toContain('BETTER would not be shown');
    const safe = compare(`${'0'.repeat(40)}1`, `${'1'.repeat(30)}${'0'.repeat(10)}e`);
    expect(safe.notes.join()).not.toContain('would not be shown');
  });
  it('is mirrored when A and B change places, whatever the order of the lines', () => {
    const outcomes = fc.array(fc.tuple(fc.constantFrom('0', '1', 'e'), fc.constantFrom('0', '1', 'e')), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(outcomes, (both) => {
        const a = rollout('A', both.map(([mark]) => mark).join(''));
        const b = rollout('B', both.map(([, mark]) => mark).join(''));
        const forward = comparePairs(pairRollouts(a, b));
        const backward = comparePairs(pairRollouts({ ...b, results: b.results.toReversed() }, a));
        expect(backward.difference).toBeCloseTo(-forward.difference, 12);
        expect(backward.p_value).toBe(forward.p_value);
        expect(backward.conditions).toEqual({
          lost: forward.conditions.gained,
          gained: forward.conditions.lost,
        });
        expect(forward.episodes + forward.errors.pairs_left_out).toBe(both.length);
      }),
      { seed: 3, numRuns: 50 },
    );
  });
  it('reads as a sentence and a table', () => {
    const text = comparisonText(compare('10'.repeat(20), '00'.repeat(20)), { a: 'old', b: 'new' });
    expect(text).toMatch(/^WORSE: B minus A is -50\.0 points \(95 % interval -6\d\.\d to -3\d\.\d\)/);
    expect(text).toMatch(/one-brick +20 +100\.0 % +0\.0 % +\+0 -20 +-100\.0/);
  });
});

describe('--stop-early', () => {
  it('decides on fewer pairs than there are, and not at all on too few', () => {
    const pairing = pairRollouts(rollout('A', '0'.repeat(200)), rollout('B', '1100'.repeat(50)));
    const found = compareUntilDecided(pairing);
    expect(found).toMatchObject({ verdict: 'BETTER', method: 'sequential', pairs_available: 200 });
    expect(found.episodes).toBeLessThan(60);
    expect(found.interval[0]).toBeLessThan(0.5);
    expect(found.interval[1]).toBeGreaterThan(0.5);
    const few = pairRollouts(rollout('A', '0011'), rollout('B', '0111'));
    expect(compareUntilDecided(few)).toMatchObject({ verdict: 'UNDERPOWERED', episodes: 4 });
  });
  it('goes through the conditions in an order that only their names decide', () => {
    const results = madeUpResults('01'.repeat(20));
    const names = shuffledOrder(results).map(({ condition }) => condition);
    expect(shuffledOrder(results.toReversed()).map(({ condition }) => condition)).toEqual(names);
    expect(names).not.toEqual(results.map(({ condition }) => condition));
    expect([...names].sort()).toEqual(results.map(({ condition }) => condition).sort());
  });
  it('uses a running rollout up to its first gap', () => {
    const a = rollout('A', '0'.repeat(40));
    const order = shuffledOrder(a.results);
    const b = rollout('B', '1'.repeat(40));
    const gap = order[12].condition;
    const partial = { ...b, summary: null, results: b.results.filter(({ condition }) => condition !== gap) };
    expect(pairRollouts(a, partial, { unfinished: true }).pairs).toHaveLength(12);
    expect(() => pairRollouts(a, partial)).toThrow(/B has no summary\.json/);
  });
  it('uses two running rollouts up to the first gap of either, which only all conditions show', () => {
    const whole = rollout('A', '0'.repeat(40));
    const conditions = whole.results.map(({ condition }) => condition);
    const order = shuffledOrder(whole.results).map(({ condition }) => condition);
    const without = (name: string, gap: string): StoredRollout => ({
      ...whole,
      name,
      summary: null,
      results: whole.results.filter(({ condition }) => condition !== gap),
    });
    const [a, b] = [without('A', order[7]), without('B', order[12])];
    const { pairs } = pairRollouts(a, b, { unfinished: true, conditions });
    expect(pairs.map(({ condition }) => condition)).toEqual(order.slice(0, 7));
    expect(pairRollouts(b, a, { unfinished: true, conditions }).pairs).toHaveLength(7);
    expect(() => pairRollouts(a, b, { unfinished: true })).toThrow(/A has no summary\.json/);
  });
});

describe('refuses', () => {
  it('another suite, and one that was edited', () => {
    const a = rollout('A', '01');
    const edited = { ...rollout('B', '01'), summary: { suite: 'smoke', suite_hash: 'c'.repeat(64) } };
    const other = { ...rollout('B', '01'), summary: { suite: 'walls', suite_hash: 'c'.repeat(64) } };
    expect(() => pairRollouts(a, edited)).toThrow(
      /suite smoke was edited.*bbbbbbbbbbbb against cccccccccccc/,
    );
    expect(() => pairRollouts(a, other)).toThrow(/A ran suite smoke and B ran walls/);
  });
  it('conditions that only one of them has, either way', () => {
    expect(() => pairRollouts(rollout('A', '011'), rollout('B', '01'))).toThrow(
      /B lacks 1 of the 3 conditions of A, one-brick\/0\/2 first/,
    );
    expect(() => pairRollouts(rollout('A', '01'), rollout('B', '011'))).toThrow(/A lacks 1 of the 3/);
  });
  it('frames through the codec against frames as drawn, unless that is the question', () => {
    const drawn = rollout('A', '01');
    const path = writeRollout(join(folder, 'coded'), madeUpResults('01'));
    writeFileSync(join(path, 'run.json'), JSON.stringify({ through_codec: true }));
    const coded = readRollout(path, 'B');
    for (const [a, b] of [
      [drawn, coded],
      [coded, drawn],
    ])
      expect(() => pairRollouts(a, b)).toThrow(/B saw its frames through the codec and A as drawn/);
    expect(pairRollouts(drawn, coded, { acrossCodec: true }).pairs).toHaveLength(2);
    expect(pairRollouts(coded, coded).pairs).toHaveLength(2);
  });
  it('a scenario that was edited, with everything else that is wrong', () => {
    const b = rollout('B', '010', { scenario_hash: 'd'.repeat(64) });
    expect(() => pairRollouts(rollout('A', '01'), b)).toThrow(
      /3 faults[\s\S]*A lacks[\s\S]*scenario one-brick was edited[\s\S]*scenario wall was edited/,
    );
  });
  it('folders without results, broken lines and conditions twice', () => {
    expect(() => readRollout(join(folder, 'none'), 'none')).toThrow(/none: has no results\.jsonl/);
    const broken = writeRollout(join(folder, 'broken'), [...madeUpResults('01'), ...madeUpResults('0')], {
      suite: 'smoke',
    });
    appendFileSync(join(broken, 'results.jsonl'), '{"condition":1}\nnonsense\n{"torn');
    expect(() => readRollout(broken, 'broken')).toThrow(
      /broken has 4 faults[\s\S]*line 4: [\s\S]*line 5 is no JSON[\s\S]*suite_hash[\s\S]*one-brick\/0\/0 twice/,
    );
    const empty = writeRollout(join(folder, 'empty'), []);
    expect(() => readRollout(empty, 'empty')).toThrow(/no episode/);
    writeFileSync(join(empty, 'summary.json'), '{');
    expect(() => readRollout(empty, 'empty')).toThrow(/summary\.json is no JSON/);
  });
  it('but not a last line that was being written', () => {
    const torn = writeRollout(join(folder, 'torn'), madeUpResults('01'));
    appendFileSync(join(torn, 'results.jsonl'), '{"condition":"one-br');
    expect(readRollout(torn, 'torn').results).toHaveLength(2);
  });
});

describe('the command', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });
  /** The JSON line and the exit code. */
  async function run(...args: string[]) {
    let output = '';
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += text;
      return true;
    });
    await compareCommand()
      .option('--json')
      .exitOverride()
      .parseAsync([...args, '--json'], { from: 'user' });
    stdout.mockRestore();
    const code = process.exitCode ?? 0;
    process.exitCode = undefined;
    return { code, summary: JSON.parse(output) };
  }
  it('prints the summary that scripts rely on, and exits 1 on WORSE only', async () => {
    const good = writeRollout(join(folder, 'good'), madeUpResults('1'.repeat(20)));
    const bad = writeRollout(join(folder, 'bad'), madeUpResults('0'.repeat(20)));
    const worse = await run(good, bad);
    expect(worse).toMatchObject({
      code: 1,
      summary: { verdict: 'WORSE', difference: -1, episodes: 20, suite: 'smoke' },
    });
    expect(worse.summary.interval).toHaveLength(2);
    expect(worse.summary.p_value).toBeCloseTo(2 ** -19, 10);
    expect(await run(bad, good)).toMatchObject({ code: 0, summary: { verdict: 'BETTER' } });
    expect(await run(bad, good, '--stop-early')).toMatchObject({ summary: { method: 'sequential' } });
    await expect(run(bad, good, '--margin', 'x')).rejects.toThrow(/--margin is x/);
    await expect(run(bad, good, '--margin', '0')).rejects.toThrow(/above 0/);
  });
});

describe("Holm's correction", () => {
  it('is that of statsmodels multipletests', () => {
    const expected = [0.03, 0.06, 0.06, 0.02];
    holm([0.01, 0.04, 0.03, 0.005]).forEach((p, k) => void expect(p).toBeCloseTo(expected[k], 12));
  });
});
