/** The poses of a start, as one frame of a trajectory: what a picture of it is drawn from before anything moves. */

import { cos, sin } from '../../engine/math.ts';
import { POSE_LOADER_SIZE } from '../../robots/wheel-loader/loader.ts';
import type { BrickStart, BricksStart } from './start.ts';

/** Numbers of a brick in a row of poses: x, y, z, qx, qy, qz, qw. */
export const POSE_BRICK_SIZE = 7;
/** Numbers in a row of poses: the loader's, then each brick's. */
export const poseSize = (bricks: number): number => POSE_LOADER_SIZE + POSE_BRICK_SIZE * bricks;

/** `poseSize(bricks)` numbers: the loader, then each brick turned as it begins. */
export function startPoses({ loader, bricks }: Pick<BricksStart, 'loader' | 'bricks'>): Float32Array {
  const poses = new Float32Array(poseSize(bricks.length));
  poses.set([loader.xM, loader.zM, loader.headingRad, loader.liftM, loader.tiltRad]);
  bricks.forEach((brick, i) => {
    const { xM, yM, zM } = brick;
    poses.set([xM, yM, zM, ...brickRotation(brick)], POSE_LOADER_SIZE + i * POSE_BRICK_SIZE);
  });
  return poses;
}

/** How a brick is turned at the start: x, y, z, w. */
export function brickRotation({
  rotation,
  yawRad,
}: Pick<BrickStart, 'rotation' | 'yawRad'>): [number, number, number, number] {
  return rotation ?? [0, sin(yawRad / 2), 0, cos(yawRad / 2)];
}
