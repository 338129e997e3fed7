/** Lift and tilt: how they follow their commands, and what stops them. */

import { clamp, cos, sin } from '../../engine/math.ts';
import { BUCKET, LOADER } from './geometry.ts';
import { BUCKET_TIP_M, type LoaderPose } from './loader-pose.ts';

/** A square of low walls, seen from above, which a lowered bucket would pass through. */
export interface Rim {
  centreXM: number;
  centreZM: number;
  /** Half of the outer width. */
  halfM: number;
  heightM: number;
}

/** Above this the bucket passes over the rim. */
export const overRimM = (rim: Rim): number => rim.heightM + 0.02;

/** The lift after `stepS` of command `lift` in [-1, 1]. A rim holds the bucket up. */
export function nextLift(pose: LoaderPose, lift: number, stepS: number, rims: readonly Rim[]): number {
  const next = clamp(pose.liftM + lift * LOADER.liftSpeedMps * stepS, 0, LOADER.liftMaxM);
  if (next >= pose.liftM) return next;
  for (const rim of rims) {
    if (next < overRimM(rim) && isBucketOver(pose, rim)) return Math.min(pose.liftM, overRimM(rim));
  }
  return next;
}

/** The tilt after `stepS` of command `bucket` in [-1, 1]. The ground holds the tip up. */
export function nextTilt(pose: LoaderPose, liftM: number, bucket: number, stepS: number): number {
  const lowest = Math.max(LOADER.tiltMinRad, -liftM / BUCKET_TIP_M);
  return clamp(pose.tiltRad + bucket * LOADER.tiltSpeedRadps * stepS, lowest, LOADER.tiltMaxRad);
}

/** Whether the level bucket, seen from above, covers any of what the rim surrounds (separating axes of two rectangles). */
export function isBucketOver(pose: LoaderPose, rim: Rim): boolean {
  const s = sin(pose.headingRad);
  const c = cos(pose.headingRad);
  const middle = BUCKET.pivotForwardM + BUCKET_TIP_M / 2;
  const dx = pose.xM + s * middle - rim.centreXM;
  const dz = pose.zM + c * middle - rim.centreZM;
  const halfAlong = BUCKET_TIP_M / 2;
  const halfAcross = BUCKET.widthM / 2;
  const spread = halfAlong * Math.abs(s) + halfAcross * Math.abs(c);
  const depth = halfAlong * Math.abs(c) + halfAcross * Math.abs(s);
  const box = rim.halfM * (Math.abs(s) + Math.abs(c));
  return (
    Math.abs(dx) < rim.halfM + spread &&
    Math.abs(dz) < rim.halfM + depth &&
    Math.abs(dx * s + dz * c) < box + halfAlong &&
    Math.abs(dx * c - dz * s) < box + halfAcross
  );
}
