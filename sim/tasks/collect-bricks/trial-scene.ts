/** A made-up episode for probes and measurements: twenty bricks, and the loader drives round among them. */

import type { VisualSpec } from '../../engine/episode-start.ts';
import { cos, sin, TWO_PI } from '../../engine/math.ts';
import { Rng } from '../../engine/rng.ts';
import { BUCKET } from '../../robots/wheel-loader/geometry.ts';
import { BRICK } from './geometry.ts';
import type { BrickStart, SceneStart } from './start.ts';
import { poseSize } from './start-poses.ts';

export interface TrialSceneOptions {
  bricks: number;
  frames: number;
  widthPx: number;
  heightPx: number;
}

export const TRIAL_SCENE_DEFAULTS: TrialSceneOptions = {
  bricks: 20,
  frames: 600,
  widthPx: 320,
  heightPx: 240,
};

export const NEUTRAL_VISUAL: VisualSpec = {
  tintRgb: [1, 1, 1],
  ambient: 0.55,
  sunIntensity: 0.6,
  sunAzimuthRad: 0.7,
  sunElevationRad: 0.87,
  floorRgb: [0.74, 0.73, 0.7],
  wallRgb: [0.56, 0.6, 0.66],
  camera: { forwardM: 0, sidewaysM: 0, heightM: 0, pitchRad: 0, yawRad: 0, fovRad: 0 },
};

const COLORS: BrickStart['colorRgb'][] = [
  [0.79, 0.1, 0.13],
  [0.0, 0.33, 0.75],
  [0.98, 0.8, 0.1],
  [0.14, 0.55, 0.25],
  [0.95, 0.5, 0.12],
  [0.95, 0.95, 0.93],
];

/** What a picture of it is drawn from. */
export interface TrialScene {
  start: SceneStart;
  poses: Float32Array;
  frames: number;
  widthPx: number;
  heightPx: number;
}

/** The same request for the same options. */
export function trialScene(options: Partial<TrialSceneOptions> = {}): TrialScene {
  const { bricks, frames, widthPx, heightPx } = { ...TRIAL_SCENE_DEFAULTS, ...options };
  const rng = Rng.from('trial-scene');
  const starts = Array.from(
    { length: bricks },
    (_, i): BrickStart => ({
      xM: i === 0 ? 0 : rng.range(-6, 6),
      yM: BRICK.heightM / 2,
      zM: i === 0 ? 0 : rng.range(-6, 6),
      yawRad: rng.range(0, TWO_PI),
      lengthM: BRICK.lengthM,
      heightM: BRICK.heightM,
      widthM: BRICK.widthM,
      colorRgb: COLORS[i % COLORS.length],
    }),
  );
  const size = poseSize(bricks);
  const poses = new Float32Array(frames * size);
  for (let frame = 0; frame < frames; frame++) {
    const turn = (frame / 300) * TWO_PI;
    const [x, z, heading] = [3.5 * cos(turn), 3.5 * sin(turn), -turn];
    const lift = 0.45 - 0.45 * cos(turn * 2);
    const tilt = 0.5 * sin(turn * 3);
    poses.set([x, z, heading, lift, tilt], frame * size);
    starts.forEach((brick, i) => {
      const carried = i === 0;
      const ahead = BUCKET.pivotForwardM + 0.3;
      const place = carried
        ? [x + ahead * sin(heading), lift + 0.12 + 0.3 * sin(tilt), z + ahead * cos(heading)]
        : [brick.xM, brick.yM, brick.zM];
      const half = carried ? heading / 2 : brick.yawRad / 2;
      poses.set([...place, 0, sin(half), 0, cos(half)], frame * size + 5 + i * 7);
    });
  }
  return { start: { bricks: starts, visual: NEUTRAL_VISUAL }, poses, frames, widthPx, heightPx };
}
