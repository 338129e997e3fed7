/** What a start of this task has beside the engine's part, and its poses as one row of a trajectory. */
import type { EpisodeStart } from 'brickyard/sim/engine/episode-start.ts';
import { POSE_LOADER_SIZE } from 'brickyard/sim/robots/wheel-loader/loader.ts';
import type { LoaderStart } from 'brickyard/sim/robots/wheel-loader/loader-start.ts';
import { BALL_RADIUS_M } from './geometry.ts';

export interface BallBody {
  xM: number;
  zM: number;
  /** Of the centre; on the floor when left out. */
  yM?: number;
  /** x, y, z, w; not turned when left out. */
  rotation?: [number, number, number, number];
  /** Of a start taken from a running world; at rest when left out. */
  motion?: { velocityMps: [number, number, number]; spinRadps: [number, number, number] };
}

/** A circle on the floor. */
export interface Goal {
  xM: number;
  zM: number;
  radiusM: number;
}

export interface BallSuccess extends Readonly<Record<string, number>> {
  /** The ball's centre is in the goal, and the ball slower than this … */
  restSpeedMps: number;
  /** … for this long. */
  restS: number;
}

export interface BallStart extends EpisodeStart {
  loader: LoaderStart;
  ball: BallBody;
  goal: Goal;
  physics: { rollingDamping: number; traction: number };
  success: BallSuccess;
}

/** A row of poses: the loader's, then the ball's x, y, z, qx, qy, qz, qw. */
export const BALL_AT = POSE_LOADER_SIZE;
export const POSE_SIZE = BALL_AT + 7;

export function startPoses({ loader, ball }: Pick<BallStart, 'loader' | 'ball'>): Float32Array {
  const { xM, zM, headingRad, liftM, tiltRad } = loader;
  const { yM = BALL_RADIUS_M, rotation = [0, 0, 0, 1] } = ball;
  return Float32Array.of(xM, zM, headingRad, liftM, tiltRad, ball.xM, yM, ball.zM, ...rotation);
}
