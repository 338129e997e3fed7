/** Puts the loader of a start elsewhere, with what lies in its bucket, where there is room. */

import { cos, sin } from '../../../engine/math.ts';
import { LOADER } from '../../../robots/wheel-loader/geometry.ts';
import { inBucketFrame, isInBucket, type LoaderPose } from '../../../robots/wheel-loader/loader-pose.ts';
import { depthAt } from '../expert/clearance.ts';
import type { BrickStart, BricksStart } from '../start.ts';
import { brickRotation } from '../start-poses.ts';

const CLEARANCE_M = 0.01;
/** Half a brick's length and a little: nothing may begin inside something else. */
const BRICK_ROOM_M = 0.3;
/** What the loader covers, ahead of the bucket's pivot and to either side. */
const FOOTPRINT = { rearM: -0.75 - LOADER.chassisLengthM / 2, frontM: 0.76, halfM: 0.45 };

/** Whether nothing stands in the pose's way: walls, box, bricks that it does not carry. */
export function isFree(start: BricksStart, pose: LoaderPose): boolean {
  if (depthAt(pose.xM, pose.zM, pose.headingRad, pose.liftM) > -CLEARANCE_M) return false;
  return start.bricks.every((brick) => isCarried(start, brick) || !isCovered(pose, brick));
}

function isCovered(pose: LoaderPose, { xM, yM, zM }: BrickStart): boolean {
  const [left, , ahead] = inBucketFrame({ ...pose, tiltRad: 0 }, xM, yM, zM);
  const { rearM, frontM, halfM } = FOOTPRINT;
  return (
    Math.abs(left) < halfM + BRICK_ROOM_M && ahead > rearM - BRICK_ROOM_M && ahead < frontM + BRICK_ROOM_M
  );
}

const isCarried = ({ loader }: BricksStart, { xM, yM, zM }: BrickStart): boolean =>
  isInBucket(loader, xM, yM, zM);

/** The start with the loader at the pose, at rest. Its load comes along when lift and tilt stay what they are. */
export function placeLoader(start: BricksStart, pose: LoaderPose): BricksStart {
  const turn = pose.headingRad - start.loader.headingRad;
  const bricks = start.bricks.map((brick) =>
    isCarried(start, brick) ? carried(start, pose, turn, brick) : brick,
  );
  return { ...start, loader: { ...pose }, bricks };
}

function carried({ loader }: BricksStart, pose: LoaderPose, turn: number, brick: BrickStart): BrickStart {
  const { motion: _, ...still } = brick;
  const dx = brick.xM - loader.xM;
  const dz = brick.zM - loader.zM;
  const s = sin(turn);
  const c = cos(turn);
  return {
    ...still,
    xM: pose.xM + dx * c + dz * s,
    zM: pose.zM - dx * s + dz * c,
    rotation: turned(brickRotation(brick), turn),
  };
}

/** A rotation, then a turn about y. */
function turned([x, y, z, w]: readonly number[], turn: number): [number, number, number, number] {
  const s = sin(turn / 2);
  const c = cos(turn / 2);
  return [c * x + s * z, c * y + s * w, c * z - s * x, c * w - s * y];
}
