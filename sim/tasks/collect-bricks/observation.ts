/** What a policy gets beside the picture. */
import { cos, PI, sin, wrapAngle } from '../../engine/math.ts';
import type { LoaderPose } from '../../robots/wheel-loader/loader-pose.ts';

const SEED4 = ['loader_x', 'loader_z', 'loader_rotation', 'legos_remaining'] as const;

/** Names of the numbers, in order. */
export const STATE_LAYOUTS = {
  seed4: SEED4,
  full: [...SEED4, 'heading_sin', 'heading_cos', 'speed', 'bucket_tilt', 'lift_height'],
} as const;

export type StateLayout = keyof typeof STATE_LAYOUTS;

/** Heading such that 0 faces the box from the middle, in [-pi, pi): the wrap faces away from the box. */
export const loaderRotation = (headingRad: number): number => wrapAngle(headingRad + (3 * PI) / 4);

/** What of the world is observed. */
export interface Observed {
  readonly loader: LoaderPose;
  readonly speedMps: number;
  readonly legosRemaining: number;
}

/** Writes the layout's numbers to the front of `out`: metres, radians, m/s, counts. */
export function observe(world: Observed, layout: StateLayout, out: Float32Array | number[]): void {
  const { xM, zM, headingRad, tiltRad, liftM } = world.loader;
  out[0] = xM;
  out[1] = zM;
  out[2] = loaderRotation(headingRad);
  out[3] = world.legosRemaining;
  if (layout === 'seed4') return;
  out[4] = sin(headingRad);
  out[5] = cos(headingRad);
  out[6] = world.speedMps;
  out[7] = tiltRad;
  out[8] = liftM;
}
