/** Starts written out in full, so that no scenario file or sampler can change what the goldens mean. */

import { BRICK } from '../../sim/tasks/collect-bricks/geometry.ts';
import type { BrickStart, BricksStart } from '../../sim/tasks/collect-bricks/start.ts';

export function fixedBrick(xM: number, zM: number, yawRad: number): BrickStart {
  const { lengthM, heightM, widthM } = BRICK;
  return { xM, yM: heightM / 2, zM, yawRad, lengthM, heightM, widthM, colorRgb: [0.8, 0.1, 0.1] };
}

export function fixedStart(scenario: string, changes: Partial<BricksStart>): BricksStart {
  return {
    scenario,
    seed: 'fixed',
    task: 'Put every LEGO brick into the box.',
    loader: { xM: 0, zM: 0, headingRad: 0, liftM: 0, tiltRad: 0 },
    bricks: [fixedBrick(2, 3, 0.4)],
    physics: {
      brickFriction: 0.7,
      floorFriction: 0.9,
      bucketFriction: 0.12,
      brickDensityKgpm3: 100,
      traction: 1,
    },
    events: [],
    visual: {
      tintRgb: [1, 1, 1],
      ambient: 1,
      sunIntensity: 1,
      sunAzimuthRad: 0.5,
      sunElevationRad: 0.9,
      floorRgb: [0.6, 0.6, 0.6],
      wallRgb: [0.8, 0.8, 0.7],
      camera: { forwardM: 0, sidewaysM: 0, heightM: 0, pitchRad: 0, yawRad: 0, fovRad: 0 },
    },
    timeLimitS: 90,
    success: { restSpeedMps: 0.05, restS: 0.5 },
    ...changes,
  };
}

/** Together they touch walls, lane, box, events and brick on brick. */
export const FIXED_STARTS: readonly BricksStart[] = [
  fixedStart('one', {}),
  fixedStart('three', {
    loader: { xM: -1, zM: 2, headingRad: 2.6, liftM: 0, tiltRad: 0 },
    bricks: [fixedBrick(1, -2, 1.1), fixedBrick(1.3, -2.2, 0.2), fixedBrick(-3.5, 4, -0.7)],
    timeLimitS: 150,
  }),
  fixedStart('corner', {
    loader: { xM: 2, zM: 3, headingRad: 0.7, liftM: 0, tiltRad: 0 },
    bricks: [fixedBrick(7.6, 7.5, 0.3)],
  }),
  fixedStart('lane', {
    loader: { xM: -3, zM: 1, headingRad: -2.4, liftM: 0.3, tiltRad: 0.2 },
    bricks: [fixedBrick(-7.4, -6.4, 0.9)],
  }),
  fixedStart('dropped', {
    bricks: [fixedBrick(-1, 4, 0)],
    events: [
      { trigger: { type: 'time', atS: 1.5 }, effect: { type: 'kick-loader', yawRateRadps: 2 } },
      {
        trigger: { type: 'carrying', afterS: 1 },
        effect: { type: 'shake-bucket', speedMps: 2.5, sideways: 0.3 },
      },
    ],
  }),
];
