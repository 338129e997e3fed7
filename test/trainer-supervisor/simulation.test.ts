/**
 * A fixed part of what `npm run simulate -- --seeds 10000` does: seeds, the seeds that failed once, and supervisors
 * killed where fast-check says.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryScenario } from './simulation/arbitrary-scenario.ts';
import { calmScenario, scenarioOf } from './simulation/scenario.ts';
import { simulate } from './simulation/simulate.ts';

const SEEDS = 15;
/** More by hand: SIMULATED_RUNS=2000 npx vitest run test/trainer-supervisor */
const RUNS = Number(process.env.SIMULATED_RUNS ?? 20);
const pinned = JSON.parse(
  readFileSync(join(import.meta.dirname, 'simulation', 'failing-seeds.json'), 'utf8'),
) as Record<string, string>;

describe('a supervised training', () => {
  it(`keeps its promises in seeds 0 to ${SEEDS - 1}`, async () => {
    for (let seed = 0; seed < SEEDS; seed++)
      expect({ seed, broken: (await simulate(scenarioOf(seed))).violations }).toEqual({ seed, broken: [] });
  });

  it.each(Object.entries(pinned))('keeps them in seed %s, which failed: %s', async (seed) => {
    expect((await simulate(scenarioOf(Number(seed)))).violations).toEqual([]);
  });

  it('is the same twice', async () => {
    const [a, b] = [await simulate(scenarioOf(5)), await simulate(scenarioOf(5))];
    expect(a.journal).toEqual(b.journal);
    expect(a.journal.length).toBeGreaterThan(5);
  });

  it('succeeds where nothing goes wrong, after one launch', async () => {
    const result = await simulate(calmScenario(1));
    expect(result.outcome).toBe('succeeded');
    expect(result.journal.filter(({ type }) => type === 'launching')).toHaveLength(1);
    expect(result.journal.at(-1)).toMatchObject({ type: 'reported' });
    expect(result.journal.find(({ type }) => type === 'cleaned')).toMatchObject({ left: [] });
  });

  it('goes on from the newest checkpoint after a preemption', async () => {
    const result = await simulate({ ...calmScenario(1), preemptionsS: [1500] });
    expect(result.outcome).toBe('succeeded');
    const launches = result.journal.flatMap((line) => (line.type === 'launching' ? [line.resumeStep] : []));
    expect(launches).toEqual([null, 1000]);
  });

  it('fails with what its trainer told, without a secret in it', async () => {
    const result = await simulate({ ...calmScenario(1), isTrainerBroken: true });
    expect(result).toMatchObject({ outcome: 'failed', violations: [] });
    const failure = { kind: 'diverged', message: expect.stringMatching(/^the loss is nan, says \[/) };
    expect(result.journal.findLast(({ type }) => type === 'attempt-ended')).toMatchObject({ failure });
    expect(result.journal.find(({ type }) => type === 'outcome')).toMatchObject({
      outcome: { failure, reason: expect.stringContaining('with exit code 1 (the loss is nan') },
    });
  });

  it('is interrupted with a checkpoint and leaves nothing', async () => {
    const result = await simulate({ ...calmScenario(1), interruptAtS: 1200 });
    expect(result).toMatchObject({ outcome: 'interrupted', violations: [] });
    expect(result.journal.find(({ type }) => type === 'attempt-ended')).toMatchObject({ exitCode: 130 });
  });

  it('keeps them under whatever fast-check mixes: refusals, lost and repeated answers, expired logins, kills', async () => {
    const property = fc.asyncProperty(arbitraryScenario, async (scenario) => {
      expect((await simulate(scenario)).violations).toEqual([]);
    });
    await fc.assert(property, { numRuns: RUNS, seed: 11 });
  });

  it('survives a supervisor killed at any await, once or twice, with the machine taken away beside it', async () => {
    const crash = fc.record({
      at: fc.integer({ min: 1, max: 120 }),
      effect: fc.constantFrom('done' as const, 'not-done' as const),
      downS: fc.constantFrom(1, 60, 900, 3600),
    });
    const property = fc.asyncProperty(
      fc.array(crash, { minLength: 1, maxLength: 2 }),
      fc.option(fc.integer({ min: 1, max: 3000 }), { nil: null }),
      async (crashes, preemptedAtS) => {
        const preemptionsS = preemptedAtS === null ? [] : [preemptedAtS];
        const result = await simulate({ ...calmScenario(1), crashes, preemptionsS });
        expect(result.violations).toEqual([]);
        expect(result.outcome).toBe('succeeded');
      },
    );
    await fc.assert(property, { numRuns: 40, seed: 7 });
  });
});
