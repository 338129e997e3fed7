/** Where the box holds up the bucket. */
import { isBucketOver, overRimM } from '../../robots/wheel-loader/lift-and-tilt.ts';
import type { LoaderPose } from '../../robots/wheel-loader/loader-pose.ts';
import { BOX_RIM } from './geometry.ts';

/** Above this the bucket passes over the rim of the box. */
export const OVER_RIM_M = overRimM(BOX_RIM);

/** Whether the level bucket, seen from above, covers any of the box. */
export const isBucketOverBox = (pose: LoaderPose): boolean => isBucketOver(pose, BOX_RIM);
