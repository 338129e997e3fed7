/** Sizes and names of what goes into an environment and comes out of it. */
import type { CameraSpec } from './camera.ts';

export interface EnvironmentSpec {
  readonly fps: number;
  readonly stateNames: readonly string[];
  readonly actionNames: readonly string[];
  readonly cameras: readonly CameraSpec[];
  readonly phases: readonly string[];
  /** Numbers in one row of poses. */
  readonly poseSize: number;
}
