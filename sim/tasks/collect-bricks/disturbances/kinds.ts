/** All kinds of disturbance, by the names that summaries and starts call them. */
import type { Disturbance as TaskDisturbance } from '../../../engine/disturbance.ts';
import type { BricksStart } from '../start.ts';
import type { BricksWorld } from '../world.ts';
import { delay, jam } from './controls.ts';
import { bucketUpAtBox, headingKick, poseOffset, pressedIntoCorner, pressedIntoWall } from './displaced.ts';
import type { Disturbance } from './disturbance.ts';
import { slip, spill } from './load-and-grip.ts';
import { driveTo } from './moment.ts';

const KINDS = {
  'pose-offset': poseOffset,
  'heading-kick': headingKick,
  'pressed-into-wall': pressedIntoWall,
  'pressed-into-corner': pressedIntoCorner,
  'bucket-up-at-box': bucketUpAtBox,
  spill,
  delay,
  jam,
  slip,
} as const satisfies Record<string, Disturbance>;

export const DISTURBANCES: Readonly<Record<string, TaskDisturbance<BricksStart, BricksWorld>>> =
  Object.fromEntries(
    Object.entries(KINDS).map(([name, kind]) => [
      name,
      {
        leadIn: (start, rng, fps) => driveTo(kind.moment, start, rng, fps),
        apply(world, rng, fps) {
          const disturbed = kind.apply(world, rng, fps);
          return disturbed && isWorkLeft(world) ? disturbed : null;
        },
      } satisfies TaskDisturbance<BricksStart, BricksWorld>,
    ]),
  );

/** Where every brick is in the box, or falls into it, there is nothing to recover. */
const isWorkLeft = (world: BricksWorld): boolean =>
  world.bricks().some(({ insideBox, inBucket }) => !insideBox || inBucket);
