/** The two cameras: the loader's own eye, and the whole arena from above. */
import { type Camera, OrthographicCamera, PerspectiveCamera, Vector3 } from 'three';
import type { VisualSpec } from '../episode-start.ts';
import { ARENA_HALF_M, ARENA_WALL, EGO_CAMERA } from '../geometry.ts';
import { cos, PI, sin } from '../math.ts';

const NEAR_M = 0.1;
const FAR_M = 40;
const TOP_HEIGHT_M = 10;

export type CameraShift = VisualSpec['camera'];

/** A camera with the ego camera's lens; `aspect` = width / height. */
export function egoCamera(shift: CameraShift, aspect: number): PerspectiveCamera {
  const fovDeg = ((EGO_CAMERA.verticalFovRad + shift.fovRad) * 180) / PI;
  return still(new PerspectiveCamera(fovDeg, aspect, NEAR_M, FAR_M));
}

/** Puts the ego camera on the loader at (x, z) with a heading. */
export function placeEgoCamera(
  camera: PerspectiveCamera,
  shift: CameraShift,
  xM: number,
  zM: number,
  headingRad: number,
): void {
  const s = sin(headingRad);
  const c = cos(headingRad);
  const forward = EGO_CAMERA.forwardM + shift.forwardM;
  const position = new Vector3(
    xM + forward * s + shift.sidewaysM * c,
    EGO_CAMERA.heightM + shift.heightM,
    zM + forward * c - shift.sidewaysM * s,
  );
  aim(camera, position, headingRad + shift.yawRad, EGO_CAMERA.pitchRad + shift.pitchRad);
}

/** Straight down on the whole arena, square: +x points right, +z down, so the box is top left. */
export function topCamera(): OrthographicCamera {
  const half = ARENA_HALF_M + ARENA_WALL.thicknessM + 0.1;
  const camera = still(new OrthographicCamera(-half, half, half, -half, NEAR_M, 2 * TOP_HEIGHT_M));
  aim(camera, new Vector3(0, TOP_HEIGHT_M, 0), PI, -PI / 2);
  return camera;
}

/** Three.js would work the matrices out again at every draw. */
function still<T extends Camera>(camera: T): T {
  camera.matrixAutoUpdate = false;
  camera.matrixWorldAutoUpdate = false;
  return camera;
}

/** Looks along (sin yaw cos pitch, sin pitch, cos yaw cos pitch). */
function aim(camera: Camera, position: Vector3, yawRad: number, pitchRad: number): void {
  const [sy, cy, sp, cp] = [sin(yawRad), cos(yawRad), sin(pitchRad), cos(pitchRad)];
  const right = new Vector3(-cy, 0, sy);
  const up = new Vector3(-sy * sp, cp, -cy * sp);
  const back = new Vector3(-sy * cp, -sp, -cy * cp);
  camera.matrixWorld.makeBasis(right, up, back).setPosition(position);
  camera.matrixWorldInverse.copy(camera.matrixWorld).invert();
}
