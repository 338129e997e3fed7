/** Placements of a user's own scenario mean what their keys say. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseScenario } from '../../scenarios/parse.ts';
import { BUCKET, LOADER } from '../../sim/robots/wheel-loader/geometry.ts';
import type { BricksStart } from '../../sim/tasks/collect-bricks/start.ts';
import { sampleStart } from '../bricks-starts.ts';

const HEAD = 'name: mine\ntitle: Mine\ndescription: Mine.\ntime_limit_s: 60\n';
const TIP_M = BUCKET.pivotForwardM + BUCKET.floorDepthM + BUCKET.lipDepthM;

function forManyStarts(yaml: string, check: (start: BricksStart, slot: number) => void): void {
  const scenario = parseScenario(HEAD + yaml, 'scenario');
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 999 }), (seed, slot) =>
      check(sampleStart(scenario, { namespace: 'eval', seed, slot, attempt: 0 }), slot),
    ),
    { numRuns: 60 },
  );
}

const distance = (a: { xM: number; zM: number }, b: { xM: number; zM: number }) =>
  Math.hypot(a.xM - b.xM, a.zM - b.zM);

describe('bricks', () => {
  test('near walls that take turns, away from the other walls', () => {
    forManyStarts(
      'bricks: [{ where: { near_wall: { walls: [+x, -z], distance_m: 0.35, from_other_walls_m: 2 } } }]',
      ({ bricks: [brick] }, slot) => {
        const [out, along] = slot % 2 === 0 ? [brick.xM, brick.zM] : [-brick.zM, brick.xM];
        expect(out).toBeCloseTo(7.65, 12);
        expect(Math.abs(along)).toBeLessThanOrEqual(6);
      },
    );
  });

  test('in a ring and a sector around the loader', () => {
    forManyStarts(
      'bricks: [{ count: 3, where: { from_loader_m: { min: 2, max: 4 }, bearing_deg: { max: 45 } } }]',
      ({ loader, bricks }) => {
        for (const brick of bricks) {
          expect(distance(brick, loader)).toBeGreaterThanOrEqual(2);
          expect(distance(brick, loader)).toBeLessThanOrEqual(4);
          const ahead =
            (brick.xM - loader.xM) * Math.sin(loader.headingRad) +
            (brick.zM - loader.zM) * Math.cos(loader.headingRad);
          expect(ahead).toBeGreaterThanOrEqual(distance(brick, loader) * Math.SQRT1_2 - 1e-9);
        }
      },
    );
  });

  test('a pile in a corner: the middle obeys where, the bricks the radius', () => {
    forManyStarts(
      'bricks: [{ count: 4, pile: { radius_m: 0.7 }, where: { near_corner: { corners: [+x+z], distance_m: 1.2 } } }]',
      ({ bricks }) => {
        for (const brick of bricks) expect(distance(brick, { xM: 6.8, zM: 6.8 })).toBeLessThanOrEqual(0.7);
      },
    );
  });

  test('outside the box, on its far end', () => {
    forManyStarts(
      'bricks: [{ where: { near_box: { side: arena, distance_m: 0.4, along: 1 } }, yaw_deg: 0 }]',
      ({ bricks: [brick] }) => {
        expect([brick.xM, brick.zM].sort().map((value) => Number(value.toFixed(9)))).toEqual(
          [-4.6, -5].sort(),
        );
        expect(brick.yawRad).toBe(0);
      },
    );
  });

  test('spacing is clear floor', () => {
    forManyStarts(
      'bricks: [{ count: 8, spacing_m: 1, yaw_deg: 0, where: { from_walls_m: { min: 1 } } }]',
      ({ bricks }) => {
        for (const a of bricks)
          for (const b of bricks)
            if (a !== b)
              expect(
                Math.max(Math.abs(a.xM - b.xM) - 0.4, Math.abs(a.zM - b.zM) - 0.2),
              ).toBeGreaterThanOrEqual(1 - 1e-9);
      },
    );
  });

  test('two bricks in one bucket lie beside each other, above its floor', () => {
    forManyStarts(
      'loader: { lift_m: 0.3, tilt_rad: 0.2 }\nbricks: [{ count: 2, yaw_deg: 0, where: { in_bucket: true } }]',
      ({ loader, bricks }) => {
        for (const brick of bricks) {
          expect(brick.yM).toBeGreaterThan(0.3 + BUCKET.lipHeightM + brick.heightM / 2);
          expect(distance(brick, loader)).toBeLessThan(TIP_M);
        }
        expect(distance(bricks[0], bricks[1])).toBeGreaterThan(0.2);
      },
    );
  });

  test('groups of their own sizes and colours come in order', () => {
    forManyStarts(
      'bricks:\n  - { count: 2, colors: ["#ff0000"] }\n  - { size: { length_m: 0.6 }, colors: ["#0000ff"] }',
      ({ bricks }) => {
        expect(bricks.map((brick) => brick.colorRgb)).toEqual([
          [1, 0, 0],
          [1, 0, 0],
          [0, 0, 1],
        ]);
        expect(bricks.map((brick) => brick.lengthM)).toEqual([0.4, 0.4, 0.6]);
      },
    );
  });
});

describe('the loader', () => {
  const brick = 'bricks: [{ where: { from_walls_m: { min: 1 } } }]\n';

  test('exactly there, heading there', () => {
    forManyStarts(
      `${brick}loader: { where: { at: { x_m: 1.5, z_m: -2 } }, heading: { deg: 90 } }`,
      ({ loader }) => {
        expect(loader.xM).toBe(1.5);
        expect(loader.zM).toBe(-2);
        expect(loader.headingRad).toBeCloseTo(Math.PI / 2, 12);
      },
    );
  });

  test.each(['box', 'wall', 'corner', 'middle'])('facing the nearest %s', (toward) => {
    const target = (x: number, z: number) => {
      if (toward === 'box') return [-6, -6];
      if (toward === 'middle') return [0, 0];
      if (toward === 'corner') return [Math.sign(x) * 8, Math.sign(z) * 8];
      return Math.abs(x) > Math.abs(z) ? [Math.sign(x) * 8, z] : [x, Math.sign(z) * 8];
    };
    forManyStarts(
      `${brick}loader: { where: { from_walls_m: { min: 2 }, from_box_m: { min: 2 } }, heading: { toward: ${toward} } }`,
      ({ loader: { xM, zM, headingRad } }) => {
        const [x, z] = target(xM, zM);
        const away = Math.hypot(x - xM, z - zM);
        expect(Math.sin(headingRad)).toBeCloseTo((x - xM) / away, 9);
        expect(Math.cos(headingRad)).toBeCloseTo((z - zM) / away, 9);
      },
    );
  });

  test.each([
    ['lowered, its bucket', 0, TIP_M],
    ['raised, its chassis', 0.6, LOADER.chassisLengthM / 2],
  ])('%s touches the box', (_, liftM, reachM) => {
    forManyStarts(
      `${brick}loader: { lift_m: ${liftM}, where: { against_box: { side: arena, gap_m: 0.02 } } }`,
      ({ loader }, slot) => {
        const [out, along] = slot % 2 === 0 ? [loader.xM, loader.zM] : [loader.zM, loader.xM];
        expect(out).toBeCloseTo(-5 + reachM + 0.02, 9);
        expect(along).toBe(-6);
        expect(slot % 2 === 0 ? Math.sin(loader.headingRad) : Math.cos(loader.headingRad)).toBeCloseTo(-1, 9);
      },
    );
  });
});

test('events and physics come out as asked, and chance leaves events out', () => {
  const events = `bricks: [{ count: 2 }]
physics: { traction: 0.5, floor_friction: { choice: [0.3, 0.6] } }
events:
  - { when: { time_s: 3 }, do: { kick_loader: { yaw_rate_radps: -2 } } }
  - { when: { carrying_s: 1 }, do: { push_brick: { brick: 1, speed_mps: 2, direction_deg: 180 } }, chance: 0 }
  - { when: { carrying_s: 0.5 }, do: { push_brick: { brick: 1, speed_mps: 2, direction_deg: 180 } } }
`;
  forManyStarts(events, (start) => {
    expect(start.physics.traction).toBe(0.5);
    expect([0.3, 0.6]).toContain(start.physics.floorFriction);
    expect(start.events).toEqual([
      { trigger: { type: 'time', atS: 3 }, effect: { type: 'kick-loader', yawRateRadps: -2 } },
      {
        trigger: { type: 'carrying', afterS: 0.5 },
        effect: { type: 'push-brick', brick: 1, speedMps: 2, directionRad: Math.PI },
      },
    ]);
  });
});
