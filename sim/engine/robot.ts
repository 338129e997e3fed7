/** What is driven: its controls and cameras, as every task with this robot has them. */
import type { CameraSpec } from './camera.ts';

export interface Robot {
  readonly name: string;
  /** What sentences call it, without an article. */
  readonly noun: string;
  /** The controls in the order of an action; each is in [-1, 1]. */
  readonly actionNames: readonly string[];
  /** What a positive value of each control does, in the same order. */
  readonly positive: readonly string[];
  /** Largest offsets of the controls, in the same order, that noise may add: what a good expert is known to bear. */
  readonly noiseAmplitude: readonly number[];
  readonly cameras: readonly CameraSpec[];
}

/** The `robot_type` of datasets. */
export const robotType = ({ name }: Pick<Robot, 'name'>): string => name.replaceAll('-', '_');
