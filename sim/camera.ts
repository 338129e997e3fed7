/**
 * The ego camera: where it is, what it sees. Pure geometry, shared by the expert (which may use only what is in
 * view) and by the scene (which draws the view).
 */
import type { VisualSpec } from './episode-start.ts';
import { BOX, BOX_OUTER_HALF_M, BUCKET, EGO_CAMERA } from './geometry.ts';
import { BUCKET_TIP_M, inBucketFrame, type LoaderPose } from './loader-pose.ts';
import { atan2, cos, PI, sin } from './math.ts';

export interface CameraPose {
  position: { x: number; y: number; z: number };
  /** A point one metre ahead on the optical axis. */
  target: { x: number; y: number; z: number };
  /** Orientation of a camera that looks along its own -z with +y up, as three.js has it. */
  quaternion: { x: number; y: number; z: number; w: number };
  verticalFovRad: number;
  headingRad: number;
  /** Negative looks down. */
  pitchRad: number;
}

type Point = { xM: number; yM: number; zM: number };

/** Width over height of the picture that the expert is held to. */
export const EXPERT_ASPECT = 4 / 3;

/** Pose of the ego camera on a loader; shifts of `visual.camera` are in the chassis frame, yaw and sideways to the left. */
export function egoCameraPose(loader: LoaderPose, visual: Pick<VisualSpec, 'camera'>): CameraPose {
  const shift = visual.camera;
  const s = sin(loader.headingRad);
  const c = cos(loader.headingRad);
  const ahead = EGO_CAMERA.forwardM + shift.forwardM;
  const left = shift.sidewaysM;
  const position = {
    x: loader.xM + s * ahead + c * left,
    y: EGO_CAMERA.heightM + shift.heightM,
    z: loader.zM + c * ahead - s * left,
  };
  const headingRad = loader.headingRad + shift.yawRad;
  const pitchRad = EGO_CAMERA.pitchRad + shift.pitchRad;
  const level = cos(pitchRad);
  const target = {
    x: position.x + sin(headingRad) * level,
    y: position.y + sin(pitchRad),
    z: position.z + cos(headingRad) * level,
  };
  const yawSin = sin((headingRad + PI) / 2);
  const yawCos = cos((headingRad + PI) / 2);
  const pitchSin = sin(pitchRad / 2);
  const pitchCos = cos(pitchRad / 2);
  const quaternion = {
    x: yawCos * pitchSin,
    y: yawSin * pitchCos,
    z: -yawSin * pitchSin,
    w: yawCos * pitchCos,
  };
  return {
    position,
    target,
    quaternion,
    verticalFovRad: EGO_CAMERA.verticalFovRad + shift.fovRad,
    headingRad,
    pitchRad,
  };
}

/** Picture coordinates of a point: x to the right and y up, each in [-1, 1] inside the picture; null behind the camera. */
export function project(camera: CameraPose, point: Point, aspect: number): [number, number] | null {
  const s = sin(camera.headingRad);
  const c = cos(camera.headingRad);
  const dx = point.xM - camera.position.x;
  const dy = point.yM - camera.position.y;
  const dz = point.zM - camera.position.z;
  const level = dx * s + dz * c;
  const right = dz * s - dx * c;
  const pitchSin = sin(camera.pitchRad);
  const pitchCos = cos(camera.pitchRad);
  const depth = level * pitchCos + dy * pitchSin;
  if (depth < 0.05) return null;
  const up = dy * pitchCos - level * pitchSin;
  const half = tanHalf(camera.verticalFovRad);
  return [right / (depth * half * aspect), up / (depth * half)];
}

const tanHalf = (angleRad: number): number => sin(angleRad / 2) / cos(angleRad / 2);

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

/** Bearing of a point from a loader: 0 straight ahead, positive to the left. */
export function bearingOf(loader: LoaderPose, xM: number, zM: number): number {
  const s = sin(loader.headingRad);
  const c = cos(loader.headingRad);
  const dx = xM - loader.xM;
  const dz = zM - loader.zM;
  return atan2(dx * c - dz * s, dx * s + dz * c);
}
