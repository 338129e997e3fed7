/** The two cameras: the loader's own eye, and the whole arena from above. */
import { type Camera, OrthographicCamera, PerspectiveCamera } from 'three';
import { egoCameraPose } from '../../robots/wheel-loader/ego-camera.ts';
import { EGO_CAMERA } from '../../robots/wheel-loader/geometry.ts';
import type { LoaderPose } from '../../robots/wheel-loader/loader-pose.ts';
import type { VisualSpec } from '../../tasks/collect-bricks/episode-start.ts';
import { ARENA_HALF_M, ARENA_WALL } from '../../tasks/collect-bricks/geometry.ts';
import { PI } from '../math.ts';

const NEAR_M = 0.1;
const FAR_M = 40;
const TOP_HEIGHT_M = 10;

/** A camera with the ego camera's lens; `aspect` = width / height. Place it before drawing. */
export function egoCamera(visual: VisualSpec, aspect: number): PerspectiveCamera {
  const fovDeg = ((EGO_CAMERA.verticalFovRad + visual.camera.fovRad) * 180) / PI;
  return still(new PerspectiveCamera(fovDeg, aspect, NEAR_M, FAR_M));
}

/** Puts the ego camera where camera.ts says that it is on this loader. */
export function placeEgoCamera(camera: PerspectiveCamera, visual: VisualSpec, loader: LoaderPose): void {
  const { position, quaternion } = egoCameraPose(loader, visual);
  camera.position.set(position.x, position.y, position.z);
  camera.quaternion.set(quaternion.x, quaternion.y, quaternion.z, quaternion.w);
  settle(camera);
}

/** Straight down on the whole arena, square: +x points right, +z down, so the box is top left. */
export function topCamera(): OrthographicCamera {
  const half = ARENA_HALF_M + ARENA_WALL.thicknessM + 0.1;
  const camera = still(new OrthographicCamera(-half, half, half, -half, NEAR_M, 2 * TOP_HEIGHT_M));
  camera.position.set(0, TOP_HEIGHT_M, 0);
  camera.rotation.set(-PI / 2, 0, 0);
  settle(camera);
  return camera;
}

/** Three.js would work the matrices out again at every draw. */
function still<T extends Camera>(camera: T): T {
  camera.matrixAutoUpdate = false;
  camera.matrixWorldAutoUpdate = false;
  return camera;
}

function settle(camera: Camera): void {
  camera.matrixWorld.compose(camera.position, camera.quaternion, camera.scale);
  camera.matrixWorldInverse.copy(camera.matrixWorld).invert();
}
