/** The loader's pose and what follows from it by geometry alone. */

import { atan2, cos, sin } from '../../engine/math.ts';
import { BUCKET } from './geometry.ts';

export interface LoaderPose {
  xM: number;
  zM: number;
  /** Not wrapped: it goes on beyond +-pi, so that the bucket's quaternion never jumps. */
  headingRad: number;
  liftM: number;
  tiltRad: number;
}

export interface Frame {
  x: number;
  y: number;
  z: number;
  qx: number;
  qy: number;
  qz: number;
  qw: number;
}

/** The bottom of the lowered bucket hovers a little, so that it never grinds on rounding errors. */
const HOVER_M = 0.002;
export const BUCKET_TIP_M = BUCKET.floorDepthM + BUCKET.lipDepthM;
/** From the chassis centre to the tip of the level bucket. */
export const LOADER_REACH_M = BUCKET.pivotForwardM + BUCKET_TIP_M;

/** From the chassis centre to a place on the ground, in metres. */
export function distanceTo({ xM, zM }: Pick<LoaderPose, 'xM' | 'zM'>, x: number, z: number): number {
  return Math.sqrt((x - xM) * (x - xM) + (z - zM) * (z - zM));
}

/** The bucket's frame in the world: origin at the pivot; own x left, y up, z forwards; tilt > 0 raises the tip. */
export function bucketFrame(pose: LoaderPose): Frame {
  const yawSin = sin(pose.headingRad / 2);
  const yawCos = cos(pose.headingRad / 2);
  const pitchSin = sin(-pose.tiltRad / 2);
  const pitchCos = cos(-pose.tiltRad / 2);
  return {
    x: pose.xM + sin(pose.headingRad) * BUCKET.pivotForwardM,
    y: pose.liftM + HOVER_M,
    z: pose.zM + cos(pose.headingRad) * BUCKET.pivotForwardM,
    qx: yawCos * pitchSin,
    qy: yawSin * pitchCos,
    qz: -yawSin * pitchSin,
    qw: yawCos * pitchCos,
  };
}

/** A point of the world in the bucket's frame: [left, up, forwards] in metres. */
export function inBucketFrame(pose: LoaderPose, x: number, y: number, z: number): [number, number, number] {
  const s = sin(pose.headingRad);
  const c = cos(pose.headingRad);
  const dx = x - pose.xM - s * BUCKET.pivotForwardM;
  const dz = z - pose.zM - c * BUCKET.pivotForwardM;
  const left = dx * c - dz * s;
  const ahead = dx * s + dz * c;
  const up = y - pose.liftM - HOVER_M;
  const tiltSin = sin(pose.tiltRad);
  const tiltCos = cos(pose.tiltRad);
  return [left, up * tiltCos - ahead * tiltSin, ahead * tiltCos + up * tiltSin];
}

/** Whether a brick with this centre lies in the bucket: between its sides, on floor or lip, not above it. */
export function isInBucket(pose: LoaderPose, x: number, y: number, z: number): boolean {
  const [left, up, ahead] = inBucketFrame(pose, x, y, z);
  return Math.abs(left) < BUCKET.widthM / 2 && up > 0 && up < 0.55 && ahead > -0.05 && ahead < 0.62;
}

/** Bearing of a point from a loader: 0 straight ahead, positive to the left. */
export function bearingOf(loader: LoaderPose, xM: number, zM: number): number {
  const s = sin(loader.headingRad);
  const c = cos(loader.headingRad);
  const dx = xM - loader.xM;
  const dz = zM - loader.zM;
  return atan2(dx * c - dz * s, dx * s + dz * c);
}
