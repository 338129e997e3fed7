import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ExpertView, expertAction, expertView } from '../../sim/tasks/collect-bricks/expert/expert.ts';
import { visibleBricks } from '../../sim/tasks/collect-bricks/visible-bricks.ts';
import { BricksWorld } from '../../sim/tasks/collect-bricks/world.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { fixedBrick, fixedStart } from './fixed-starts.ts';

const place = fc.double({ min: -7.5, max: 7.5, noNaN: true });
const pose = fc.record({
  xM: fc.double({ min: -6, max: 6, noNaN: true }),
  zM: fc.double({ min: -6, max: 6, noNaN: true }),
  headingRad: fc.double({ min: -10, max: 10, noNaN: true }),
  liftM: fc.double({ min: 0, max: 1, noNaN: true }),
  tiltRad: fc.double({ min: -0.9, max: 0.7, noNaN: true }),
});
const view: fc.Arbitrary<ExpertView> = fc.record({
  loader: pose,
  speedMps: fc.double({ min: -1.5, max: 1.5, noNaN: true }),
  bricks: fc.array(
    fc.record({
      xM: place,
      yM: fc.constant(0.075),
      zM: place,
      inBucket: fc.boolean(),
      insideBox: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
  remaining: fc.integer({ min: 0, max: 4 }),
});

describe('the expert', () => {
  beforeAll(() => loadTask());

  it('acts within range from any state', () => {
    fc.assert(
      fc.property(view, (seen) => {
        const { action } = expertAction(seen);
        expect(action.every((value) => Math.abs(value) <= 1)).toBe(true);
      }),
    );
  });

  it('remembers nothing: the order of questions changes no answer', () => {
    fc.assert(
      fc.property(fc.array(view, { minLength: 2, maxLength: 8 }), (seen) => {
        const forwards = seen.map(expertAction);
        const backwards = seen.toReversed().map(expertAction).toReversed();
        expect(backwards).toEqual(forwards);
      }),
    );
  });

  it('does not care in which order bricks are listed', () => {
    fc.assert(
      fc.property(view, (seen) => {
        const turned = { ...seen, bricks: seen.bricks.toReversed() };
        expect(expertAction(turned)).toEqual(expertAction(seen));
      }),
    );
  });

  it('knows nothing of bricks out of view: moving one from unseen to unseen changes no action', () => {
    let compared = 0;
    fc.assert(
      fc.property(pose, place, place, place, place, place, place, (loader, x, z, fromX, fromZ, toX, toZ) => {
        const { visual } = fixedStart('any', {});
        const bricks = (hiddenX: number, hiddenZ: number) => [
          fixedBrick(x, z, 0),
          fixedBrick(hiddenX, hiddenZ, 0),
        ];
        const unseen = (hiddenX: number, hiddenZ: number) =>
          !visibleBricks(loader, bricks(hiddenX, hiddenZ), visual).includes(1) && !isInBox(hiddenX, hiddenZ);
        fc.pre(unseen(fromX, fromZ) && unseen(toX, toZ));
        const actionWith = (hiddenX: number, hiddenZ: number) => {
          const world = BricksWorld.create(fixedStart('any', { loader, bricks: bricks(hiddenX, hiddenZ) }));
          const seen = expertView(world);
          world.dispose();
          return expertAction(seen);
        };
        compared++;
        expect(actionWith(toX, toZ)).toEqual(actionWith(fromX, fromZ));
      }),
      { numRuns: 60 },
    );
    expect(compared).toBeGreaterThan(20);
  });

  it('does nothing more when all is done and the bucket is down', () => {
    const loader = { xM: 0, zM: 0, headingRad: 0, liftM: 0, tiltRad: 0 };
    const { action } = expertAction({ loader, speedMps: 0, bricks: [], remaining: 0 });
    expect(action.map((value) => value + 0)).toEqual([0, 0, 0, 0]);
  });
});

const isInBox = (x: number, z: number): boolean => Math.abs(x + 6) < 1 && Math.abs(z + 6) < 1;
