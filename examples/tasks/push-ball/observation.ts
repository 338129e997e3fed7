/** What a policy gets beside the picture. */
import { cos, sin } from 'brickyard/sim/engine/math.ts';
import type { LoaderPose } from 'brickyard/sim/robots/wheel-loader/loader-pose.ts';

/** What the loader knows of itself: what a policy that sees the ball and the goal in its picture needs. */
const PROPRIO = ['loader_x', 'loader_z', 'heading_sin', 'heading_cos', 'speed', 'lift_height'] as const;

export const STATE_LAYOUTS = {
  proprio: PROPRIO,
  full: [...PROPRIO, 'ball_x', 'ball_z', 'goal_x', 'goal_z'],
} as const;

export type StateLayout = keyof typeof STATE_LAYOUTS;

/** What of the world is observed. */
export interface Observed {
  readonly loader: LoaderPose;
  readonly speedMps: number;
  readonly ball: { xM: number; zM: number };
  readonly goal: { xM: number; zM: number };
}

/** Writes the layout's numbers to the front of `out`: metres, m/s. */
export function observe(world: Observed, layout: StateLayout, out: Float32Array | number[]): void {
  const { xM, zM, headingRad, liftM } = world.loader;
  const own = [xM, zM, sin(headingRad), cos(headingRad), world.speedMps, liftM];
  const { ball, goal } = world;
  const numbers = layout === 'full' ? [...own, ball.xM, ball.zM, goal.xM, goal.zM] : own;
  numbers.forEach((value, i) => {
    out[i] = value;
  });
}
