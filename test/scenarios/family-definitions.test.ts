/** The numbers in the names and descriptions of the built-in families mean what they say, whatever the seed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { listScenarios, loadScenario } from '../../scenarios/registry.ts';
import { LOADER } from '../../sim/robots/wheel-loader/geometry.ts';
import type { BrickStart, BricksStart } from '../../sim/tasks/collect-bricks/start.ts';
import { sampleStart } from '../bricks-starts.ts';

const HALF_M = 8;
const BOX_M = -6;
const RIM_M = 1;

const distance = (a: { xM: number; zM: number }, b: { xM: number; zM: number }) =>
  Math.hypot(a.xM - b.xM, a.zM - b.zM);
const toWalls = (p: { xM: number; zM: number }) => HALF_M - Math.max(Math.abs(p.xM), Math.abs(p.zM));
const toRim = (p: { xM: number; zM: number }) =>
  Math.hypot(Math.max(0, Math.abs(p.xM - BOX_M) - RIM_M), Math.max(0, Math.abs(p.zM - BOX_M) - RIM_M));
const bearingDeg = ({ loader }: BricksStart, brick: BrickStart) => {
  const towards = [brick.xM - loader.xM, brick.zM - loader.zM];
  const ahead = [Math.sin(loader.headingRad), Math.cos(loader.headingRad)];
  return (
    (Math.acos((towards[0] * ahead[0] + towards[1] * ahead[1]) / Math.hypot(...towards)) * 180) / Math.PI
  );
};

const openStart = (start: BricksStart) => {
  expect(toWalls(start.loader)).toBeGreaterThanOrEqual(1.8);
  expect(toRim(start.loader)).toBeGreaterThanOrEqual(3);
};
const openBricks = (start: BricksStart) => {
  for (const brick of start.bricks) expect(toWalls(brick)).toBeGreaterThanOrEqual(1.2);
};
const bricksBetween = (start: BricksStart, least: number, most: number) => {
  expect(start.bricks.length).toBeGreaterThanOrEqual(least);
  expect(start.bricks.length).toBeLessThanOrEqual(most);
};

const DEFINITIONS: Record<string, (start: BricksStart) => void> = {
  'one-brick': (start) => {
    bricksBetween(start, 1, 1);
    openStart(start);
    openBricks(start);
  },
  few: (start) => {
    bricksBetween(start, 2, 5);
    openStart(start);
    openBricks(start);
  },
  many: (start) => {
    bricksBetween(start, 10, 20);
    openBricks(start);
  },
  far: (start) => {
    bricksBetween(start, 1, 1);
    expect(distance(start.bricks[0], start.loader)).toBeGreaterThanOrEqual(10);
  },
  behind: (start) => {
    bricksBetween(start, 1, 1);
    expect(bearingDeg(start, start.bricks[0])).toBeGreaterThan(120);
  },
  pile: (start) => {
    expect(start.bricks.length).toBeGreaterThanOrEqual(5);
    // Within 0.6 m of one point means at most twice that apart.
    for (const a of start.bricks)
      for (const b of start.bricks) expect(distance(a, b)).toBeLessThanOrEqual(1.2);
    expect(smallestCircleM(start.bricks)).toBeLessThanOrEqual(0.6 + 1e-9);
  },
  wall: (start) => {
    bricksBetween(start, 1, 1);
    expect(toWalls(start.bricks[0])).toBeLessThanOrEqual(0.4);
  },
  corner: (start) => {
    bricksBetween(start, 1, 1);
    const [{ xM, zM }] = start.bricks;
    expect(HALF_M - Math.abs(xM)).toBeLessThanOrEqual(0.7);
    expect(HALF_M - Math.abs(zM)).toBeLessThanOrEqual(0.7);
  },
  'box-side': (start) => {
    const [brick] = start.bricks;
    expect(toRim(brick)).toBeLessThanOrEqual(0.5);
    expect(Math.max(brick.xM, brick.zM)).toBeGreaterThan(BOX_M + RIM_M);
  },
  'box-wall-side': (start) => {
    const [brick] = start.bricks;
    expect(toRim(brick)).toBeLessThanOrEqual(0.5);
    expect(Math.min(brick.xM, brick.zM)).toBeLessThan(BOX_M - RIM_M);
    expect(Math.max(brick.xM, brick.zM)).toBeLessThanOrEqual(BOX_M + RIM_M);
  },
  'start-in-corner': ({ loader }) => {
    expect(HALF_M - Math.abs(loader.xM)).toBeLessThanOrEqual(1.8);
    expect(HALF_M - Math.abs(loader.zM)).toBeLessThanOrEqual(1.8);
    const corner = { xM: Math.sign(loader.xM) * HALF_M, zM: Math.sign(loader.zM) * HALF_M };
    const start = { loader } as BricksStart;
    expect(bearingDeg(start, corner as BrickStart)).toBeLessThanOrEqual(15.001);
  },
  'start-at-box-lifted': ({ loader, bricks }) => {
    expect(loader.liftM).toBeGreaterThanOrEqual(0.45);
    expect(loader.liftM).toBeLessThanOrEqual(0.55);
    // The front of the chassis all but touches the rim.
    const corners = [-LOADER.chassisWidthM / 2, LOADER.chassisWidthM / 2].map((aside) => ({
      xM:
        loader.xM +
        (LOADER.chassisLengthM / 2) * Math.sin(loader.headingRad) +
        aside * Math.cos(loader.headingRad),
      zM:
        loader.zM +
        (LOADER.chassisLengthM / 2) * Math.cos(loader.headingRad) -
        aside * Math.sin(loader.headingRad),
    }));
    expect(Math.min(...corners.map(toRim))).toBeGreaterThan(0);
    expect(Math.min(...corners.map(toRim))).toBeLessThanOrEqual(0.05 + 1e-9);
    expect(bricks.length).toBe(1);
  },
  'start-loaded': (start) => {
    bricksBetween(start, 1, 1);
    const [brick] = start.bricks;
    expect(bearingDeg(start, brick)).toBeLessThan(30);
    expect(distance(brick, start.loader)).toBeGreaterThan(0.75);
    expect(distance(brick, start.loader)).toBeLessThan(1.5);
    expect(brick.yM).toBeGreaterThan(start.loader.liftM + brick.heightM / 2);
  },
  dropped: (start) => {
    openStart(start);
    expect(start.events).toHaveLength(1);
    expect(start.events[0].trigger.type).toBe('carrying');
    expect(start.events[0].effect.type).toBe('shake-bucket');
  },
  'odd-sizes': (start) => {
    bricksBetween(start, 1, 3);
    for (const brick of start.bricks)
      expect([brick.lengthM, brick.heightM, brick.widthM]).not.toEqual([0.4, 0.15, 0.2]);
  },
  slippery: ({ physics }) => {
    expect(physics.floorFriction).toBeLessThanOrEqual(0.5);
    expect(physics.traction).toBeLessThanOrEqual(0.6);
  },
  'hard-light': ({ visual }) => {
    expect(Math.abs(visual.camera.pitchRad) + Math.abs(visual.camera.yawRad)).toBeGreaterThan(0);
    expect(visual.tintRgb).not.toEqual([1, 1, 1]);
  },
};

test('every built-in family has a definition here', () => {
  expect(listScenarios().map((scenario) => scenario.name)).toEqual(Object.keys(DEFINITIONS).sort());
});

test.each(Object.keys(DEFINITIONS))('%s is what its numbers say', (name) => {
  const scenario = loadScenario(name, '.');
  const seeds = fc.record({ seed: fc.nat(), slot: fc.nat({ max: 5000 }), attempt: fc.nat({ max: 9 }) });
  fc.assert(
    fc.property(seeds, (stream) => DEFINITIONS[name](sampleStart(scenario, { namespace: 'gen', ...stream }))),
    { numRuns: 150 },
  );
});

/** Radius of the smallest circle around all centres: one of those through two or three of them. */
function smallestCircleM(points: readonly BrickStart[]): number {
  const centres: { xM: number; zM: number }[] = [];
  for (let i = 0; i < points.length; i++)
    for (let j = 0; j < i; j++) {
      const [a, b] = [points[i], points[j]];
      centres.push({ xM: (a.xM + b.xM) / 2, zM: (a.zM + b.zM) / 2 });
      for (let k = 0; k < j; k++) centres.push(circumcentre(a, b, points[k]));
    }
  return Math.min(...centres.map((centre) => Math.max(...points.map((point) => distance(point, centre)))));
}

function circumcentre(a: BrickStart, b: BrickStart, c: BrickStart): { xM: number; zM: number } {
  const [bx, bz, cx, cz] = [b.xM - a.xM, b.zM - a.zM, c.xM - a.xM, c.zM - a.zM];
  const d = 2 * (bx * cz - bz * cx);
  const bb = bx * bx + bz * bz;
  const cc = cx * cx + cz * cz;
  return { xM: a.xM + (cz * bb - bz * cc) / d, zM: a.zM + (bx * cc - cx * bb) / d };
}
