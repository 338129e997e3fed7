import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AimedFailure as AnyAimedFailure } from '../../generator/aim.ts';
import { AIM_DEFAULTS, type AimPool, aimedShares, aimStart } from '../../generator/aim.ts';
import { resolveSelection } from '../../scenarios/registry.ts';
import { isInBucket } from '../../sim/robots/wheel-loader/loader-pose.ts';
import { type AimedPlace, JITTER } from '../../sim/tasks/collect-bricks/aiming.ts';
import type { BricksStart } from '../../sim/tasks/collect-bricks/start.ts';
import { isInsideBox } from '../../sim/tasks/collect-bricks/success.ts';
import { BricksWorld } from '../../sim/tasks/collect-bricks/world.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { sampleStart } from '../bricks-starts.ts';

interface AimedFailure extends AnyAimedFailure {
  start: AimedPlace;
  before: { leadS: number; place: AimedPlace }[];
}

const NAMES = ['one-brick', 'few', 'corner', 'start-loaded', 'start-at-box-lifted'];
const scenarios = new Map(
  resolveSelection(NAMES.join(), '.').map(({ scenario }) => [scenario.name, scenario]),
);
const drawn = (name: string, namespace: 'gen' | 'eval', slot: number): BricksStart =>
  sampleStart(scenarios.get(name)!, { namespace, seed: 7, slot, attempt: 0 });

const placeOf = ({ loader, bricks }: BricksStart): AimedPlace => ({
  loader,
  bricks: bricks.map(({ colorRgb: _, ...brick }) => brick),
});

/** A failure that began at a start of the evaluation, and a state after some driving. */
function failureOf(name: string, label: string, slot: number): AimedFailure {
  const start = drawn(name, 'eval', slot);
  const world = BricksWorld.create(start);
  for (let i = 0; i < 30; i++) world.step([0.2, 0.6, 0, 0], 0.1);
  const place = placeOf(world.startNow());
  world.dispose();
  return {
    condition: start.seed,
    scenario: name,
    label,
    start: placeOf(start),
    before: [{ leadS: 2, place }],
  };
}

describe('aimed starts', () => {
  let failures: AimedFailure[];
  let pool: AimPool;
  beforeAll(async () => {
    await loadTask();
    failures = NAMES.flatMap((name, slot) => [
      failureOf(name, 'WALL_STUCK', slot),
      failureOf(name, 'SPINNING', slot + 10),
    ]);
    pool = { everythingElse: 0.3, labelWeights: {}, failures };
  });

  test('lie near a failure, never on it, with nothing overlapping that was apart', () => {
    let aimed = 0;
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), fc.nat(1000), (name, slot) => {
        const ordinary = drawn(name, 'gen', slot);
        const { start, label } = aimStart(ordinary, pool, 0, ['gen', 7, name, slot, 0]);
        if (!label) return; // nothing fitted
        aimed++;
        const places = failures
          .filter(({ scenario }) => scenario === name)
          .flatMap(({ start: at, before }) => [at, ...before.map(({ place }) => place)]);
        const away = places.map(({ loader }) =>
          Math.hypot(loader.xM - start.loader.xM, loader.zM - start.loader.zM),
        );
        expect(Math.min(...away)).toBeGreaterThanOrEqual(JITTER.leastM - 1e-9);
        expect(Math.min(...away)).toBeLessThan(1);
        expect(start.visual).toEqual(ordinary.visual);
        expect(start.seed).toBe(ordinary.seed);
        const world = BricksWorld.create(start);
        for (let i = 0; i < 5; i++) world.step([0, 0, 0, 0], 0.1);
        expect(world.isFinite).toBe(true);
        expect(world.lost).toBeUndefined();
        for (const { speedMps, inBucket } of world.bricks())
          if (!inBucket) expect(speedMps).toBeLessThan(0.6);
        world.dispose();
      }),
      { numRuns: 40 },
    );
    expect(aimed).toBeGreaterThan(20);
  });

  test('keep a load in the bucket and a delivered brick in the box', () => {
    const loaded = failures.filter(({ scenario }) => scenario === 'start-loaded');
    const wasLoaded = loaded.every(({ start: { loader, bricks } }) =>
      bricks.some(({ xM, yM, zM }) => isInBucket(loader, xM, yM, zM)),
    );
    expect(wasLoaded).toBe(true);
    for (let slot = 0; slot < 12; slot++) {
      const { start, label } = aimStart(drawn('start-loaded', 'gen', slot), pool, 0, ['load', slot]);
      if (!label) continue;
      const load = start.bricks.filter(({ xM, yM, zM }) => isInBucket(start.loader, xM, yM, zM));
      expect(load.length).toBeGreaterThan(0);
    }
    const delivered = structuredClone(failures[0]);
    for (const place of [delivered.start, delivered.before[0].place])
      place.bricks = [...place.bricks, { ...place.bricks[0], xM: -6, yM: 0.08, zM: -6 }];
    const { start, label } = aimStart(drawn('one-brick', 'gen', 0), { ...pool, failures: [delivered] }, 0, [
      'box',
    ]);
    expect(label).toBe('WALL_STUCK');
    expect(start.bricks.filter(({ xM, yM, zM }) => isInsideBox(xM, yM, zM))).toHaveLength(1);
  });

  test('follow from the attempt’s name alone', () => {
    const ordinary = drawn('corner', 'gen', 3);
    const make = (attempt: number) => aimStart(ordinary, pool, 0.3, ['gen', 7, 'corner', 3, attempt]);
    expect(make(0)).toEqual(make(0));
    const several = Array.from({ length: 8 }, (_, attempt) => JSON.stringify(make(attempt).start.loader));
    expect(new Set(several).size).toBeGreaterThan(3);
  });

  test('leave a share of ordinary starts, and weigh labels', () => {
    const ordinary = drawn('one-brick', 'gen', 3);
    const labels = (some: AimPool, share: number) =>
      Array.from(
        { length: 400 },
        (_, i) => aimStart(ordinary, some, share, ['share', i]).label ?? 'ordinary',
      );
    const count = (all: string[], label: string) => all.filter((one) => one === label).length;
    const even = labels(pool, 0.3);
    expect(count(even, 'ordinary') / 400).toBeCloseTo(0.3, 1);
    const tilted = labels({ ...pool, labelWeights: { SPINNING: 3 } }, 0);
    expect(count(tilted, 'SPINNING') / count(tilted, 'WALL_STUCK')).toBeGreaterThan(2);
    expect(count(labels({ ...pool, labelWeights: { SPINNING: 0 } }, 0), 'SPINNING')).toBe(0);
  });

  test('move the scenarios’ shares to where the failures are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 2, maxLength: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (weights, everythingElse) => {
          const shares = weights.map((weight, i) => ({ name: NAMES[i], weight }));
          const own = failures.filter(({ scenario }) => scenario === NAMES[0]);
          const moved = aimedShares(shares, { ...pool, everythingElse, failures: own });
          expect(moved.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
          for (const { ordinary, weight, name } of moved.slice(1)) {
            const before = shares.find((share) => share.name === name)!.weight;
            const all = shares.reduce((sum, share) => sum + share.weight, 0);
            expect(weight).toBeCloseTo((everythingElse * before) / all, 9);
            if (weight > 0) expect(ordinary).toBe(1);
          }
        },
      ),
    );
  });

  test('begin at the rollout’s start or on the way to the failure', () => {
    expect(AIM_DEFAULTS.atStart).toBeGreaterThan(0);
    const [failure] = failures;
    const near = (place: AimedPlace, start: BricksStart) =>
      Math.hypot(place.loader.xM - start.loader.xM, place.loader.zM - start.loader.zM);
    const kinds = new Set<string>();
    for (let i = 0; i < 30; i++) {
      const { start } = aimStart(drawn('one-brick', 'gen', 0), { ...pool, failures: [failure] }, 0, [
        'way',
        i,
      ]);
      kinds.add(near(failure.start, start) < near(failure.before[0].place, start) ? 'start' : 'way');
    }
    expect(kinds).toEqual(new Set(['start', 'way']));
  });
});
