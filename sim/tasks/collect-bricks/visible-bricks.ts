/**
 * Which bricks the ego camera sees: pure geometry, for the expert, which may use only what is in view.
 */
import { type Point, project } from '../../engine/camera.ts';
import type { VisualSpec } from '../../engine/episode-start.ts';
import { egoCameraPose } from '../../robots/wheel-loader/ego-camera.ts';
import { BUCKET } from '../../robots/wheel-loader/geometry.ts';
import { BUCKET_TIP_M, inBucketFrame, type LoaderPose } from '../../robots/wheel-loader/loader-pose.ts';
import { BOX, BOX_OUTER_HALF_M } from './geometry.ts';

/** Width over height of the picture that the expert is held to. */
export const EXPERT_ASPECT = 4 / 3;

/**
 * Indices of the bricks that the camera sees: the middle of its upper face lies in the picture and neither the own
 * bucket nor a wall of the box stands before it. Bricks do not hide one another here.
 */
export function visibleBricks<T extends Point>(
  loader: LoaderPose,
  bricks: readonly T[],
  visual: Pick<VisualSpec, 'camera'>,
  aspect = EXPERT_ASPECT,
): number[] {
  const camera = egoCameraPose(loader, visual);
  const { x: xM, y: yM, z: zM } = camera.position;
  const eye = { xM, yM, zM };
  // The box hides alike whichever way the loader turns, or turning would blink a brick at the edge in and out.
  const mast = { xM: loader.xM, yM, zM: loader.zM };
  return bricks.flatMap((brick, index) => {
    const face = { xM: brick.xM, yM: brick.yM + UPPER_FACE_M, zM: brick.zM };
    const at = project(camera, face, aspect);
    const inPicture = at !== null && Math.abs(at[0]) <= 1 && Math.abs(at[1]) <= 1;
    return inPicture && !isBehindBucket(loader, eye, face) && !isBehindBox(mast, face) ? [index] : [];
  });
}

/** Whether the bucket's floor or back crosses the line of sight. */
function isBehindBucket(loader: LoaderPose, eye: Point, brick: Point): boolean {
  const [fromX, fromY, fromZ] = inBucketFrame(loader, eye.xM, eye.yM, eye.zM);
  const [toX, toY, toZ] = inBucketFrame(loader, brick.xM, brick.yM, brick.zM);
  const half = BUCKET.widthM / 2;
  if (fromY * toY < 0) {
    const t = fromY / (fromY - toY);
    const z = fromZ + t * (toZ - fromZ);
    if (z > 0 && z < BUCKET_TIP_M && Math.abs(fromX + t * (toX - fromX)) < half) return true;
  }
  if (fromZ * toZ >= 0) return false;
  const t = fromZ / (fromZ - toZ);
  const y = fromY + t * (toY - fromY);
  return y > 0 && y < BUCKET.backHeightM && Math.abs(fromX + t * (toX - fromX)) < half;
}

/** Whether a wall of the box crosses the line of sight. */
function isBehindBox(eye: Point, brick: Point): boolean {
  const middle = BOX.innerHalfM + BOX.wallThicknessM / 2;
  const from = [eye.xM - BOX.centreXM, eye.zM - BOX.centreZM];
  const to = [brick.xM - BOX.centreXM, brick.zM - BOX.centreZM];
  for (const axis of [0, 1]) {
    for (const plane of [-middle, middle]) {
      const a = from[axis] - plane;
      const b = to[axis] - plane;
      if (a * b >= 0) continue;
      const t = a / (a - b);
      const across = from[1 - axis] + t * (to[1 - axis] - from[1 - axis]);
      const heightM = eye.yM + t * (brick.yM - eye.yM);
      if (heightM < BOX.wallHeightM && Math.abs(across) < BOX_OUTER_HALF_M) return true;
    }
  }
  return false;
}

/** A brick counts as seen where its upper face is: this far above its middle. */
const UPPER_FACE_M = 0.05;
