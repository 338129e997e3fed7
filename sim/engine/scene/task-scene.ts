/** How a task is drawn: a three.js scene built once from a start, then moved to any row of its poses. */
import type { Color, OrthographicCamera, PerspectiveCamera, Scene } from 'three';
import type { EpisodeStart } from '../episode-start.ts';

export interface TaskScene {
  readonly scene: Scene;
  /** The robot's camera. */
  readonly ego: PerspectiveCamera;
  /** The whole ground from above. */
  readonly top: OrthographicCamera;
  /** What the picture is cleared with, as it shall appear (no colour management in between). */
  readonly skyRgb: Color;
  /** Moves everything to one row of the poses, the robot's camera too. */
  showEgo(poses: Float32Array, frame: number): void;
  /** The same for a view of the whole ground. */
  showAll(poses: Float32Array, frame: number): void;
  dispose(): void;
}

/** What a task's scene.ts exports as `taskScene`. */
export interface SceneMaker<Start = EpisodeStart> {
  /** Starts with equal keys look the same. */
  key(start: Start): string;
  /** @param aspect width / height of the robot camera's picture */
  create(start: Start, aspect: number): TaskScene;
}
