/** What is driven: its controls and cameras, as every task with this robot has them. */
import type { CameraSpec } from './camera.ts';

export interface Robot {
  readonly name: string;
  /** The controls in the order of an action; each is in [-1, 1]. */
  readonly actionNames: readonly string[];
  readonly cameras: readonly CameraSpec[];
}
