/** The looks of one start: light, tint, colours of floor and walls, and where the camera really sits. */

import type { VisualSpec } from '../sim/engine/episode-start.ts';
import { clamp, PI } from '../sim/engine/math.ts';
import type { Rng } from '../sim/engine/rng.ts';
import { colorRgb } from '../sim/engine/scenario/color.ts';
import { drawQuantity, type Quantity } from '../sim/engine/scenario/quantity.ts';
import type { Scenario } from './schema.ts';

export function drawVisual(visual: Scenario['visual'], rng: Rng): VisualSpec {
  const { tint, camera } = visual;
  const radians = (degrees: Quantity) => (drawQuantity(degrees, rng) * PI) / 180;
  return {
    tintRgb: [drawQuantity(tint.red, rng), drawQuantity(tint.green, rng), drawQuantity(tint.blue, rng)],
    ambient: drawQuantity(visual.ambient, rng),
    sunIntensity: drawQuantity(visual.sun_intensity, rng),
    sunAzimuthRad: radians(visual.sun_azimuth_deg),
    sunElevationRad: radians(visual.sun_elevation_deg),
    floorRgb: jittered(rng.pick(visual.floor_colors), visual.color_jitter, rng),
    wallRgb: jittered(rng.pick(visual.wall_colors), visual.color_jitter, rng),
    camera: {
      forwardM: drawQuantity(camera.forward_m, rng),
      sidewaysM: drawQuantity(camera.sideways_m, rng),
      heightM: drawQuantity(camera.height_m, rng),
      pitchRad: radians(camera.pitch_deg),
      yawRad: radians(camera.yaw_deg),
      fovRad: radians(camera.fov_deg),
    },
  };
}

function jittered(hex: string, jitter: number, rng: Rng): [number, number, number] {
  const shift = () => rng.range(-jitter, jitter);
  const [red, green, blue] = colorRgb(hex);
  return [clamp(red + shift(), 0, 1), clamp(green + shift(), 0, 1), clamp(blue + shift(), 0, 1)];
}
