/** Three.js cameras from poses: a robot's own eye, and the whole ground from above. */
import { type Camera, OrthographicCamera, PerspectiveCamera } from 'three';
import type { CameraPose } from '../camera.ts';
import { PI } from '../math.ts';

const NEAR_M = 0.1;
const FAR_M = 40;
const TOP_HEIGHT_M = 10;

/** @param aspect width / height. Place it before drawing. */
export function perspectiveCamera(verticalFovRad: number, aspect: number): PerspectiveCamera {
  return still(new PerspectiveCamera((verticalFovRad * 180) / PI, aspect, NEAR_M, FAR_M));
}

export function placeCamera(
  camera: PerspectiveCamera,
  { position, quaternion }: Pick<CameraPose, 'position' | 'quaternion'>,
): void {
  camera.position.set(position.x, position.y, position.z);
  camera.quaternion.set(quaternion.x, quaternion.y, quaternion.z, quaternion.w);
  settle(camera);
}

/** Straight down on a square that reaches `halfM` each way: +x points right, +z down. */
export function topCamera(halfM: number): OrthographicCamera {
  const camera = still(new OrthographicCamera(-halfM, halfM, halfM, -halfM, NEAR_M, 2 * TOP_HEIGHT_M));
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
