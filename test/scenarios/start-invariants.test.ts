/** What must hold for the starts of every built-in scenario. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { listScenarios, loadScenario } from '../../scenarios/registry.ts';
import { timeLimitS } from '../../scenarios/sampler.ts';
import { LOADER } from '../../sim/robots/wheel-loader/geometry.ts';
import type { BricksStart } from '../../sim/tasks/collect-bricks/start.ts';
import { BricksWorld } from '../../sim/tasks/collect-bricks/world.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { bricksScenario, sampleStart } from '../bricks-starts.ts';

beforeAll(() => loadTask());

const stream = (slot: number, seed = 1) => ({ namespace: 'gen' as const, seed, slot, attempt: 0 });

/** Corners of a rectangle turned by yaw: length along its own x. */
function cornersOf(
  xM: number,
  zM: number,
  yawRad: number,
  lengthM: number,
  widthM: number,
): [number, number][] {
  return [
    [-1, -1],
    [-1, 1],
    [1, 1],
    [1, -1],
  ].map(([along, across]) => [
    xM + (along * lengthM * Math.cos(yawRad) + across * widthM * Math.sin(yawRad)) / 2,
    zM + (-along * lengthM * Math.sin(yawRad) + across * widthM * Math.cos(yawRad)) / 2,
  ]);
}

/** Whether some line parallel to an edge of either polygon separates them. */
function apart(a: [number, number][], b: [number, number][]): boolean {
  for (const shape of [a, b])
    for (let i = 0; i < 4; i++) {
      const [x0, z0] = shape[i];
      const [x1, z1] = shape[(i + 1) % 4];
      const along = ([x, z]: [number, number]) => (x - x0) * (z1 - z0) - (z - z0) * (x1 - x0);
      const as = a.map(along);
      const bs = b.map(along);
      if (Math.max(...as) < Math.min(...bs) || Math.max(...bs) < Math.min(...as)) return true;
    }
  return false;
}

function everyNumber(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(everyNumber) : [];
}

function expectNoOverlap(start: BricksStart): void {
  const { loader, bricks } = start;
  const chassis = cornersOf(
    loader.xM,
    loader.zM,
    loader.headingRad,
    LOADER.chassisWidthM,
    LOADER.chassisLengthM,
  );
  const box = cornersOf(-6, -6, 0, 2, 2);
  const shapes = bricks.map((brick) =>
    cornersOf(brick.xM, brick.zM, brick.yawRad, brick.lengthM, brick.widthM),
  );
  expect(apart(chassis, box), 'loader and box').toBe(true);
  for (const [x, z] of chassis) expect(Math.max(Math.abs(x), Math.abs(z))).toBeLessThan(8);
  shapes.forEach((shape, i) => {
    expect(apart(shape, chassis), `brick ${i} and loader`).toBe(true);
    if (bricks[i].yM > bricks[i].heightM) return; // in the bucket, over everything
    for (const [x, z] of shape) expect(Math.max(Math.abs(x), Math.abs(z))).toBeLessThan(8);
    expect(apart(shape, box), `brick ${i} and box`).toBe(true);
    for (let j = 0; j < i; j++) expect(apart(shape, shapes[j]), `bricks ${j} and ${i}`).toBe(true);
  });
}

describe.each(listScenarios().map((scenario) => scenario.name))('%s', (name) => {
  const scenario = loadScenario(name, '.');

  test('starts are finite, free of overlaps, and within the loader’s range', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 9999 }), (seed, slot) => {
        const start = sampleStart(scenario, stream(slot, seed));
        for (const number of everyNumber(start)) expect(number).toSatisfy(Number.isFinite);
        expectNoOverlap(start);
        expect(start.loader.liftM).toBeLessThanOrEqual(LOADER.liftMaxM);
        expect(start.timeLimitS).toBeLessThanOrEqual(900);
        expect(start.timeLimitS).toBe(timeLimitS(scenario, start.bricks.length));
      }),
      { numRuns: 60 },
    );
  });

  test('the same stream gives the same start, another one another', () => {
    const starts = Array.from({ length: 20 }, (_, slot) => sampleStart(scenario, stream(slot)));
    expect(Array.from({ length: 20 }, (_, slot) => sampleStart(scenario, stream(slot)))).toEqual(starts);
    expect(new Set(starts.map((start) => JSON.stringify(start.loader))).size).toBe(20);
    const other = sampleStart(scenario, { ...stream(0), namespace: 'eval' });
    expect(other.loader).not.toEqual(starts[0].loader);
    const retried = sampleStart(scenario, { ...stream(0), attempt: 1 });
    expect(retried.loader).not.toEqual(starts[0].loader);
  });

  test('other light, physics or colours never move a brick', () => {
    const changed = {
      ...scenario,
      visual: { ...scenario.visual, ambient: 0.3, floor_colors: ['#000000'] },
      physics: { ...bricksScenario(scenario).physics, traction: { uniform: [0.5, 0.6] as [number, number] } },
    };
    for (let slot = 0; slot < 8; slot++) {
      const before = sampleStart(scenario, stream(slot));
      const after = sampleStart(changed, stream(slot));
      expect(after.bricks).toEqual(before.bricks);
      expect(after.loader).toEqual(before.loader);
      expect(after.visual).not.toEqual(before.visual);
    }
  });

  test('nothing moves by itself: bricks rest where they start, and a load stays in the bucket', () => {
    for (let slot = 0; slot < 4; slot++) {
      const start = sampleStart(scenario, stream(slot));
      const world = BricksWorld.create(start);
      try {
        world.step([0, 0, 0, 0], 1);
        const { loader } = world;
        expect(Math.hypot(loader.xM - start.loader.xM, loader.zM - start.loader.zM)).toBeLessThan(0.005);
        world.bricks().forEach((brick, i) => {
          if (name === 'start-loaded') expect(brick.inBucket).toBe(true);
          else
            expect(Math.hypot(brick.xM - start.bricks[i].xM, brick.zM - start.bricks[i].zM)).toBeLessThan(
              0.01,
            );
          expect(brick.speedMps).toBeLessThan(0.1);
        });
      } finally {
        world.dispose();
      }
    }
  });
});
