/** What a scenario file need not say. The schema, the sampler and the documentation all read these. */
import { BRICK } from '../geometry.ts';

/** Bright, saturated brick colours, told apart at a glance on a grey floor. */
export const LEGO_COLORS = [
  '#c91a09', // red
  '#0055bf', // blue
  '#f2cd37', // yellow
  '#237841', // green
  '#fe8a18', // orange
  '#4b9f4a', // bright green
  '#36aebf', // azure
  '#8e5597', // purple
] as const;

export const BRICKS_DEFAULTS = {
  instruction: 'Put every LEGO brick into the box.',
  success: { rest_speed_mps: 0.05, rest_s: 0.5 },
  loader: { lift_m: 0, tilt_rad: 0 },
  brick: {
    size: { length_m: BRICK.lengthM, height_m: BRICK.heightM, width_m: BRICK.widthM },
    /** Clear floor between a brick and any other. */
    spacing_m: 0.02,
  },
  physics: {
    brick_friction: 0.7,
    floor_friction: 0.9,
    bucket_friction: 0.12,
    brick_density_kgpm3: 100,
    traction: 1,
  },
} as const;

/** Bounds that no scenario may exceed. */
export const BRICKS_LIMITS = { bricks: 40, groups: 8, events: 16 } as const;
