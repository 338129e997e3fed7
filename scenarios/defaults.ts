/** What a scenario file need not say. The schema, the sampler and the documentation all read these. */
import { BRICK } from '../sim/tasks/collect-bricks/geometry.ts';

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

export const SCENARIO_DEFAULTS = {
  task: 'Put every LEGO brick into the box.',
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
  visual: {
    tint: { red: 1, green: 1, blue: 1 },
    ambient: { uniform: [0.48, 0.62] as [number, number] },
    sun_intensity: { uniform: [0.5, 0.7] as [number, number] },
    sun_azimuth_deg: { uniform: [-180, 180] as [number, number] },
    sun_elevation_deg: { uniform: [40, 65] as [number, number] },
    floor_colors: ['#a5a8aa', '#9c9f9a', '#b0ada6'],
    wall_colors: ['#d9d4c7', '#c9cfd6', '#cfc6b4'],
    /** Added to each channel of a floor or wall colour, at most, either way. */
    color_jitter: 0.02,
    camera: { forward_m: 0, sideways_m: 0, height_m: 0, pitch_deg: 0, yaw_deg: 0, fov_deg: 0 },
  },
} as const;

/** Bounds that no scenario may exceed. */
export const SCENARIO_LIMITS = { bricks: 40, groups: 8, events: 16, timeLimitS: 1000 } as const;
