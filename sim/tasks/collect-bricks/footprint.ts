/** Rectangles on the floor, seen from above: what loader and bricks cover, and whether two of them meet. */

import { cos, sin } from '../../engine/math.ts';
import { BUCKET, LOADER } from '../../robots/wheel-loader/geometry.ts';
import { LOADER_REACH_M } from '../../robots/wheel-loader/loader-pose.ts';
import { ARENA_HALF_M, BOX, BOX_OUTER_HALF_M } from './geometry.ts';

/** A turned rectangle. Its `along` axis points to (sin yaw, cos yaw), its `across` axis to (cos yaw, -sin yaw). */
export interface Footprint {
  xM: number;
  zM: number;
  sin: number;
  cos: number;
  halfAlongM: number;
  halfAcrossM: number;
}

export function footprint(
  xM: number,
  zM: number,
  yawRad: number,
  alongM: number,
  acrossM: number,
): Footprint {
  return { xM, zM, sin: sin(yawRad), cos: cos(yawRad), halfAlongM: alongM / 2, halfAcrossM: acrossM / 2 };
}

export const BOX_FOOTPRINT: Footprint = {
  xM: BOX.centreXM,
  zM: BOX.centreZM,
  sin: 0,
  cos: 1,
  halfAlongM: BOX_OUTER_HALF_M,
  halfAcrossM: BOX_OUTER_HALF_M,
};

export interface LoaderPlace {
  xM: number;
  zM: number;
  headingRad: number;
}

/** The chassis of a loader, and its level bucket together with the gap between the two. */
export function loaderFootprints(place: LoaderPlace): { chassis: Footprint; bucket: Footprint } {
  const { xM, zM, headingRad } = place;
  const chassis = footprint(xM, zM, headingRad, LOADER.chassisLengthM, LOADER.chassisWidthM);
  const from = LOADER.chassisLengthM / 2;
  const middle = (from + LOADER_REACH_M) / 2;
  const bucket = footprint(
    xM + middle * chassis.sin,
    zM + middle * chassis.cos,
    headingRad,
    LOADER_REACH_M - from,
    BUCKET.widthM,
  );
  return { chassis, bucket };
}

/** How far the rectangle reaches from its centre in the direction (dx, dz). */
export function reach(shape: Footprint, dx: number, dz: number): number {
  return (
    shape.halfAlongM * Math.abs(dx * shape.sin + dz * shape.cos) +
    shape.halfAcrossM * Math.abs(dx * shape.cos - dz * shape.sin)
  );
}

/** Clear floor between the rectangle and the nearest wall; negative when it reaches into one. */
export function clearanceToWallsM(shape: Footprint): number {
  return (
    ARENA_HALF_M - Math.max(Math.abs(shape.xM) + reach(shape, 1, 0), Math.abs(shape.zM) + reach(shape, 0, 1))
  );
}

/** Whether two rectangles come closer than `gapM` (separating axes; a little strict past the corners). */
export function meet(a: Footprint, b: Footprint, gapM: number): boolean {
  const dx = b.xM - a.xM;
  const dz = b.zM - a.zM;
  for (const shape of [a, b]) {
    for (const [ux, uz] of [
      [shape.sin, shape.cos],
      [shape.cos, -shape.sin],
    ])
      if (Math.abs(dx * ux + dz * uz) >= reach(a, ux, uz) + reach(b, ux, uz) + gapM) return false;
  }
  return true;
}

/** From the nearest wall to a point of the floor. */
export function distanceToWallsM(xM: number, zM: number): number {
  return ARENA_HALF_M - Math.max(Math.abs(xM), Math.abs(zM));
}

/** From the rim of the box to a point of the floor; 0 inside. */
export function distanceToBoxM(xM: number, zM: number): number {
  const dx = Math.max(0, Math.abs(xM - BOX.centreXM) - BOX_OUTER_HALF_M);
  const dz = Math.max(0, Math.abs(zM - BOX.centreZM) - BOX_OUTER_HALF_M);
  return Math.sqrt(dx * dx + dz * dz);
}
