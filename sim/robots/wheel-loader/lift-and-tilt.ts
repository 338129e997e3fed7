/** Lift and tilt: how they follow their commands, and what stops them. */

import { clamp, cos, sin } from '../../engine/math.ts';
import { BOX, BOX_OUTER_HALF_M } from '../../tasks/collect-bricks/geometry.ts';
import { BUCKET, LOADER } from './geometry.ts';
import { BUCKET_TIP_M, type LoaderPose } from './loader-pose.ts';

/** Above this the bucket passes over the rim of the box. */
export const OVER_RIM_M = BOX.wallHeightM + 0.02;

/** The lift after `stepS` of command `lift` in [-1, 1]. The rim of the box holds the bucket up. */
export function nextLift(pose: LoaderPose, lift: number, stepS: number): number {
  const next = clamp(pose.liftM + lift * LOADER.liftSpeedMps * stepS, 0, LOADER.liftMaxM);
  if (next < pose.liftM && next < OVER_RIM_M && isBucketOverBox(pose))
    return Math.min(pose.liftM, OVER_RIM_M);
  return next;
}

/** The tilt after `stepS` of command `bucket` in [-1, 1]. The ground holds the tip up. */
export function nextTilt(pose: LoaderPose, liftM: number, bucket: number, stepS: number): number {
  const lowest = Math.max(LOADER.tiltMinRad, -liftM / BUCKET_TIP_M);
  return clamp(pose.tiltRad + bucket * LOADER.tiltSpeedRadps * stepS, lowest, LOADER.tiltMaxRad);
}

/** Whether the level bucket, seen from above, covers any of the box (separating axes of two rectangles). */
export function isBucketOverBox(pose: LoaderPose): boolean {
  const s = sin(pose.headingRad);
  const c = cos(pose.headingRad);
  const middle = BUCKET.pivotForwardM + BUCKET_TIP_M / 2;
  const dx = pose.xM + s * middle - BOX.centreXM;
  const dz = pose.zM + c * middle - BOX.centreZM;
  const halfAlong = BUCKET_TIP_M / 2;
  const halfAcross = BUCKET.widthM / 2;
  const spread = halfAlong * Math.abs(s) + halfAcross * Math.abs(c);
  const depth = halfAlong * Math.abs(c) + halfAcross * Math.abs(s);
  const box = BOX_OUTER_HALF_M * (Math.abs(s) + Math.abs(c));
  return (
    Math.abs(dx) < BOX_OUTER_HALF_M + spread &&
    Math.abs(dz) < BOX_OUTER_HALF_M + depth &&
    Math.abs(dx * s + dz * c) < box + halfAlong &&
    Math.abs(dx * c - dz * s) < box + halfAcross
  );
}
