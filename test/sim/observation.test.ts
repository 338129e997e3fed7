import { beforeAll, describe, expect, it } from 'vitest';
import { PI } from '../../sim/engine/math.ts';
import { loaderRotation, observe, STATE_LAYOUTS } from '../../sim/tasks/collect-bricks/observation.ts';
import { BricksWorld } from '../../sim/tasks/collect-bricks/world.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { fixedBrick, fixedStart } from './fixed-starts.ts';

describe('observation.state', () => {
  beforeAll(() => loadTask());

  it('has rotation 0 facing the box from the middle and its wrap facing away', () => {
    const towardsBox = -(3 * PI) / 4;
    expect(loaderRotation(towardsBox)).toBeCloseTo(0, 12);
    expect(loaderRotation(towardsBox + 4 * PI)).toBeCloseTo(0, 9);
    expect(loaderRotation(towardsBox + 0.1)).toBeCloseTo(0.1, 12);
    expect(loaderRotation(PI / 4 - 1e-6)).toBeCloseTo(PI, 5);
    expect(loaderRotation(PI / 4 + 1e-6)).toBeCloseTo(-PI, 5);
  });

  it('lists loader and remaining bricks, and appends the rest for full', () => {
    const loader = { xM: 1, zM: -2, headingRad: 0.5, liftM: 0.4, tiltRad: -0.3 };
    const world = BricksWorld.create(
      fixedStart('o', { loader, bricks: [fixedBrick(3, 3, 0), fixedBrick(-6, -6, 0)] }),
    );
    world.step([0, 0, 0, 0], 0.5);
    const state: number[] = [];
    observe(world, 'seed4', state);
    expect(state.length).toBe(STATE_LAYOUTS.seed4.length);
    expect(state[3]).toBe(1);
    observe(world, 'full', state);
    expect(state.length).toBe(STATE_LAYOUTS.full.length);
    expect(state.slice(4)).toEqual([
      expect.closeTo(Math.sin(0.5), 6),
      expect.closeTo(Math.cos(0.5), 6),
      expect.closeTo(0, 6),
      expect.closeTo(-0.3, 6),
      expect.closeTo(0.4, 6),
    ]);
    world.dispose();
  });

  it('counts a brick in the bucket as remaining', () => {
    const inBucket = { ...fixedBrick(0, 0.95, 0), yM: 0.12 };
    const loader = { xM: 0, zM: 0, headingRad: 0, liftM: 0, tiltRad: 0.5 };
    const world = BricksWorld.create(fixedStart('b', { loader, bricks: [inBucket] }));
    expect(world.bricks()[0].inBucket).toBe(true);
    expect(world.legosRemaining).toBe(1);
    world.dispose();
  });
});
