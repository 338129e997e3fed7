/** Cameras as geometry: where one is, and where in its picture a point appears. */
import { cos, sin } from './math.ts';

/** A camera as policies and datasets know it. */
export interface CameraSpec {
  readonly name: string;
  /** Its pictures' feature in a dataset, and a policy's input. */
  readonly key: string;
}

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

export type Point = { xM: number; yM: number; zM: number };

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
