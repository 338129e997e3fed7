import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { replayFinalStateHash } from '../../sim/engine/replay.ts';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import { expertAction, expertView } from '../../sim/tasks/collect-bricks/expert/expert.ts';
import type { BricksStart } from '../../sim/tasks/collect-bricks/start.ts';
import { poseSize, startPoses } from '../../sim/tasks/collect-bricks/start-poses.ts';
import { BricksWorld } from '../../sim/tasks/collect-bricks/world.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { FIXED_STARTS, fixedStart } from './fixed-starts.ts';

/** The world after so many control periods under the expert. */
function drivenWorld(start: BricksStart, frames: number): BricksWorld {
  const world = BricksWorld.create(start);
  for (let i = 0; i < frames; i++) world.step(expertAction(expertView(world)).action.map(Math.fround), 0.1);
  return world;
}

function poseOf(world: BricksWorld): Float32Array {
  const pose = new Float32Array(poseSize(world.start.bricks.length));
  world.writePose(pose, 0);
  return pose;
}

describe('a start taken from a running world', () => {
  beforeAll(() => loadTask());

  it('has its poses and velocities to the bit, through JSON too', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: FIXED_STARTS.length - 1 }),
        fc.integer({ min: 0, max: 200 }),
        (which, frames) => {
          const world = drivenWorld(FIXED_STARTS[which], frames);
          const start = JSON.parse(JSON.stringify(world.startNow())) as BricksStart;
          const again = BricksWorld.create(start);
          try {
            expect(poseOf(again)).toEqual(poseOf(world));
            expect(startPoses(start)).toEqual(poseOf(world));
            expect(again.speedMps).toBe(world.speedMps);
            expect(again.yawRateRadps).toBe(world.yawRateRadps);
            expect(again.bricks().map(({ speedMps }) => speedMps)).toEqual(
              world.bricks().map(({ speedMps }) => speedMps),
            );
            expect(again.startNow().loader).toEqual(start.loader);
          } finally {
            world.dispose();
            again.dispose();
          }
        },
      ),
      { numRuns: 12 },
    );
  });

  it('goes on as the world would have gone on, but for the last digits', () => {
    const world = drivenWorld(FIXED_STARTS[0], 30);
    const again = BricksWorld.create(world.startNow());
    for (let i = 0; i < 20; i++) {
      const action = expertAction(expertView(world)).action;
      world.step(action, 0.1);
      again.step(action, 0.1);
    }
    poseOf(world).forEach((value, i) => {
      expect(poseOf(again)[i]).toBeCloseTo(value, 2);
    });
    world.dispose();
    again.dispose();
  });

  it('replays to the recorded state, and the expert still solves it', () => {
    for (const frames of [15, 60, 120]) {
      const world = drivenWorld(fixedStart('one', {}), frames);
      const trajectory = simulateEpisode(world.startNow());
      world.dispose();
      expect(trajectory.outcome, trajectory.detail).toBe('success');
      const { start, fps, executedActions, finalStateHash } = trajectory;
      const stored = JSON.parse(JSON.stringify(start)) as BricksStart;
      expect(replayFinalStateHash(stored, fps, executedActions)).toBe(finalStateHash);
    }
  });

  it('keeps the events that have not fired, counted from now', () => {
    const kick = { type: 'kick-loader', yawRateRadps: 1 } as const;
    const world = BricksWorld.create(
      fixedStart('events', {
        events: [
          { trigger: { type: 'time', atS: 0.5 }, effect: kick },
          { trigger: { type: 'time', atS: 3 }, effect: kick },
          { trigger: { type: 'carrying', afterS: 1 }, effect: kick },
        ],
      }),
    );
    world.step([0, 0, 0, 0], 2);
    expect(world.startNow().events).toEqual([
      { trigger: { type: 'time', atS: 1 }, effect: kick },
      { trigger: { type: 'carrying', afterS: 1 }, effect: kick },
    ]);
    world.dispose();
  });
});
