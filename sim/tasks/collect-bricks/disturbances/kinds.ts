/** All kinds of disturbance, by the names that summaries and starts call them. */
import { delay, jam } from './controls.ts';
import { bucketUpAtBox, headingKick, poseOffset, pressedIntoCorner, pressedIntoWall } from './displaced.ts';
import type { Disturbance } from './disturbance.ts';
import { slip, spill } from './load-and-grip.ts';

export const DISTURBANCES = {
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

export type DisturbanceKind = keyof typeof DISTURBANCES;
export const DISTURBANCE_KINDS = Object.keys(DISTURBANCES) as DisturbanceKind[];
