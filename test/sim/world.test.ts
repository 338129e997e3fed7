import { beforeAll, describe, expect, it } from 'vitest';
import { LOADER } from '../../sim/robots/wheel-loader/geometry.ts';
import { LOADER_REACH_M } from '../../sim/robots/wheel-loader/loader-pose.ts';
import { BOX } from '../../sim/tasks/collect-bricks/geometry.ts';
import type { EpisodeEvent, LoaderStart } from '../../sim/tasks/collect-bricks/start.ts';
import { poseSize } from '../../sim/tasks/collect-bricks/start-poses.ts';
import { BricksWorld } from '../../sim/tasks/collect-bricks/world.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { fixedBrick, fixedStart } from './fixed-starts.ts';

const FORWARD = [0, 1, 0, 0];
const STILL = [0, 0, 0, 0];

function worldWith(
  loader: Partial<LoaderStart>,
  bricks = [fixedBrick(5, 5, 0)],
  events: EpisodeEvent[] = [],
): BricksWorld {
  const still = { xM: 0, zM: 0, headingRad: 0, liftM: 0, tiltRad: 0 };
  return BricksWorld.create(fixedStart('world', { loader: { ...still, ...loader }, bricks, events }));
}

describe('the world', () => {
  beforeAll(() => loadTask());

  it('drives, turns, lifts and tilts the way positive actions say', () => {
    const world = worldWith({ headingRad: Math.PI / 2 });
    world.step(FORWARD, 2);
    expect(world.speedMps).toBeCloseTo(LOADER.maxSpeedMps, 2);
    expect(world.loader.xM).toBeGreaterThan(2);
    expect(world.loader.zM).toBeCloseTo(0, 2);
    const heading = world.loader.headingRad;
    world.step([1, 0, 1, 1], 0.5);
    expect(world.loader.headingRad).toBeGreaterThan(heading + 0.2);
    expect(world.loader.liftM).toBeCloseTo(0.5 * LOADER.liftSpeedMps, 3);
    expect(world.loader.tiltRad).toBeCloseTo(0.5 * LOADER.tiltSpeedRadps, 3);
    world.dispose();
  });

  it('counts whole turns in the heading, and keeps a load through them', () => {
    const inBucket = { ...fixedBrick(0, 0.98, 0), yM: 0.6 };
    const world = worldWith({ tiltRad: 0.6, liftM: 0.3 }, [inBucket]);
    world.step([1, 0, 0, 0], 20);
    expect(world.loader.headingRad).toBeGreaterThan(4 * Math.PI);
    expect(world.bricks()[0].inBucket).toBe(true);
    world.dispose();
  });

  it('stops the bucket at a wall, and the lowered one at the box', () => {
    const wall = worldWith({ zM: 4 });
    wall.step(FORWARD, 6);
    expect(wall.loader.zM + LOADER_REACH_M).toBeCloseTo(8, 1);
    wall.dispose();
    const box = worldWith({ xM: -1, zM: BOX.centreZM, headingRad: -Math.PI / 2 });
    box.step(FORWARD, 6);
    expect(box.loader.xM - LOADER_REACH_M).toBeCloseTo(-5, 1);
    box.dispose();
  });

  it('holds the bucket up on the rim of the box, and the tip up on the ground', () => {
    const world = worldWith({ xM: -4.2, zM: BOX.centreZM, headingRad: -Math.PI / 2, liftM: 0.8 });
    world.step([0, 0, 0, -1], 3);
    expect(world.loader.liftM).toBeCloseTo(BOX.wallHeightM + 0.02, 3);
    world.dispose();
    const low = worldWith({});
    low.step([0, 0, -1, 0], 2);
    expect(low.loader.tiltRad).toBeCloseTo(0, 6);
    low.dispose();
  });

  it('frees itself from a wall beside it by turning', () => {
    const world = worldWith({ xM: 8 - 0.47, zM: 0 });
    world.step([-1, 0, 0, 0], 4);
    world.step(FORWARD, 2);
    expect(world.loader.xM).toBeLessThan(6.5);
    world.dispose();
  });

  it('fires events once, by time and while carrying', () => {
    const shake: EpisodeEvent = {
      trigger: { type: 'carrying', afterS: 0.5 },
      effect: { type: 'shake-bucket', speedMps: 2.5, sideways: 0 },
    };
    const push: EpisodeEvent = {
      trigger: { type: 'time', atS: 1 },
      effect: { type: 'push-brick', brick: 1, speedMps: 2, directionRad: Math.PI / 2 },
    };
    const load = { ...fixedBrick(0, 0.98, 0), yM: 1 };
    const world = worldWith({ liftM: 0.7, tiltRad: 0.6 }, [load, fixedBrick(3, -3, 0)], [shake, push]);
    world.step(STILL, 0.4);
    expect(world.bricks()[0].inBucket).toBe(true);
    world.step(STILL, 2.6);
    const [thrown, pushed] = world.bricks();
    expect(thrown.inBucket).toBe(false);
    expect(thrown.zM).toBeGreaterThan(1.5);
    expect(pushed.xM).toBeGreaterThan(3.05);
    world.dispose();
  });

  it('turns the loader about by a kick', () => {
    const kick: EpisodeEvent = {
      trigger: { type: 'time', atS: 0.1 },
      effect: { type: 'kick-loader', yawRateRadps: 3 },
    };
    const world = worldWith({}, [fixedBrick(5, 5, 0)], [kick]);
    world.step(STILL, 1);
    expect(world.loader.headingRad).toBeGreaterThan(0.3);
    world.dispose();
  });

  it('is done once every brick has rested in the box for long enough', () => {
    const world = worldWith({}, [{ ...fixedBrick(BOX.centreXM, BOX.centreZM, 0.3), yM: 0.3 }]);
    world.step(STILL, 0.2);
    expect(world.isDone).toBe(false);
    world.step(STILL, 1.5);
    expect(world.legosRemaining).toBe(0);
    expect(world.isDone).toBe(true);
    world.dispose();
  });

  it('hashes every moving part', () => {
    const hash = (change: (start: ReturnType<typeof fixedBrick>) => object) => {
      const world = worldWith({}, [{ ...fixedBrick(2, 2, 0), ...change(fixedBrick(2, 2, 0)) }]);
      const value = world.stateHash();
      world.dispose();
      return value;
    };
    expect(hash(() => ({}))).toMatch(/^[0-9a-f]{16}$/);
    expect(hash(() => ({}))).toBe(hash(() => ({})));
    expect(hash(({ xM }) => ({ xM: xM + 1e-6 }))).not.toBe(hash(() => ({})));
  });

  it('writes its pose where it is told to', () => {
    const world = worldWith({ xM: 1.5 });
    const out = new Float32Array(poseSize(1) + 2);
    world.writePose(out, 2);
    expect(out[2]).toBe(1.5);
    expect([out[7], out[9]]).toEqual([5, 5]);
    world.dispose();
  });
});
