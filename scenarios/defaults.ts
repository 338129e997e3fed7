/** How an episode looks where its scenario does not say. The schema and the documentation read these. */
export const VISUAL_DEFAULTS = {
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
} as const;
