/** What the loader would touch: its footprint against walls and box, from poses alone. */

import { cos, sin } from '../../../engine/math.ts';
import { BUCKET, LOADER } from '../../../robots/wheel-loader/geometry.ts';
import { LOADER_REACH_M, type LoaderPose } from '../../../robots/wheel-loader/loader-pose.ts';
import { ARENA_HALF_M, BOX, BOX_OUTER_HALF_M } from '../geometry.ts';
import { OVER_RIM_M } from '../over-box.ts';

/** A rectangle along a heading: from `rear` to `front` ahead of (x, z), `half` to either side. */
export interface Strip {
  x: number;
  z: number;
  s: number;
  c: number;
  rear: number;
  front: number;
  half: number;
}

/** How far the strip reaches into a wall of the arena (negative: free distance to the nearest). */
export function depthInWalls(strip: Strip): number {
  const middle = (strip.rear + strip.front) / 2;
  const along = (strip.front - strip.rear) / 2;
  const x = Math.abs(strip.x + strip.s * middle) + along * Math.abs(strip.s) + strip.half * Math.abs(strip.c);
  const z = Math.abs(strip.z + strip.c * middle) + along * Math.abs(strip.c) + strip.half * Math.abs(strip.s);
  return Math.max(x, z) - ARENA_HALF_M;
}

/** How far the strip reaches into the box (negative: free distance along the best separating axis). */
export function depthInBox(strip: Strip): number {
  const middle = (strip.rear + strip.front) / 2;
  const along = (strip.front - strip.rear) / 2;
  const dx = strip.x + strip.s * middle - BOX.centreXM;
  const dz = strip.z + strip.c * middle - BOX.centreZM;
  const s = Math.abs(strip.s);
  const c = Math.abs(strip.c);
  const box = BOX_OUTER_HALF_M * (s + c);
  return Math.min(
    BOX_OUTER_HALF_M + along * s + strip.half * c - Math.abs(dx),
    BOX_OUTER_HALF_M + along * c + strip.half * s - Math.abs(dz),
    box + along - Math.abs(dx * strip.s + dz * strip.c),
    box + strip.half - Math.abs(dx * strip.c - dz * strip.s),
  );
}

/** Within this of the box's middle a line leads over the box, and not just over an edge of it. */
const OVER_BOX_HALF_M = 0.7;

/** Whether the straight line from one place to another leads over the box. */
export function crossesBox(fromX: number, fromZ: number, toX: number, toZ: number): boolean {
  const [enterX, leaveX] = within(fromX - BOX.centreXM, toX - fromX);
  const [enterZ, leaveZ] = within(fromZ - BOX.centreZM, toZ - fromZ);
  return Math.max(enterX, enterZ, 0) < Math.min(leaveX, leaveZ, 1);
}

/** Which part of a way, in shares of its length, lies within the box's width along one axis: infinite for no way. */
function within(offset: number, way: number): [number, number] {
  const a = (-OVER_BOX_HALF_M - offset) / way;
  const b = (OVER_BOX_HALF_M - offset) / way;
  return [Math.min(a, b), Math.max(a, b)];
}

const CHASSIS_HALF_LENGTH_M = LOADER.chassisLengthM / 2;

/** How deep the loader would stand in walls or box at a place; the raised bucket passes over the box. */
export function depthAt(x: number, z: number, headingRad: number, liftM: number): number {
  const place = { x, z, s: sin(headingRad), c: cos(headingRad) };
  const chassis = {
    ...place,
    rear: -CHASSIS_HALF_LENGTH_M,
    front: CHASSIS_HALF_LENGTH_M,
    half: LOADER.chassisWidthM / 2,
  };
  const bucket = { ...place, rear: BUCKET.pivotForwardM, front: LOADER_REACH_M, half: BUCKET.widthM / 2 };
  const walls = Math.max(depthInWalls(chassis), depthInWalls(bucket));
  const box = depthInBox(chassis);
  return liftM > OVER_RIM_M ? Math.max(walls, box) : Math.max(walls, box, depthInBox(bucket));
}

/** How far a loader that turns against a wall may shove itself off it. */
const SHOVE_M = 0.14;
const SHOVES = [-1, 0, 1].flatMap((x) => [-1, 0, 1].map((z) => ({ x: x * SHOVE_M, z: z * SHOVE_M })));

const NO_SHOVE = [{ x: 0, z: 0 }];

/** Beside the box there is a wall on the other side too, or its corner in the way. */
function isBesideBox({ xM, zM }: LoaderPose): boolean {
  return Math.max(Math.abs(xM - BOX.centreXM), Math.abs(zM - BOX.centreZM)) < BOX_OUTER_HALF_M + 1;
}

/** Whether turning on the spot (+1 left, -1 right) by a little is impossible, even shoved off a wall or two. */
export function isTurnBlocked(pose: LoaderPose, direction: number, angles = [0.1, 0.22]): boolean {
  const { xM, zM, headingRad, liftM } = pose;
  const allowed = 0.01 + Math.max(0, depthAt(xM, zM, headingRad, liftM));
  const shoves = isBesideBox(pose) ? NO_SHOVE : SHOVES;
  return angles.some((angle) =>
    shoves.every(({ x, z }) => depthAt(xM + x, zM + z, headingRad + direction * angle, liftM) > allowed),
  );
}

/** Whether driving straight by `distanceM` (negative: backwards) would press the loader into something. */
export function isWayBlocked(pose: LoaderPose, distanceM: number): boolean {
  const now = Math.max(0, depthAt(pose.xM, pose.zM, pose.headingRad, pose.liftM));
  const x = pose.xM + sin(pose.headingRad) * distanceM;
  const z = pose.zM + cos(pose.headingRad) * distanceM;
  return depthAt(x, z, pose.headingRad, pose.liftM) > now + 0.01;
}
