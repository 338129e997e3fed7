/** Disturbances that move the loader to where it should not be. */

import { atan2, cos, PI, sin } from '../../../engine/math.ts';
import type { Rng } from '../../../engine/rng.ts';
import { LOADER } from '../../../robots/wheel-loader/geometry.ts';
import type { LoaderPose } from '../../../robots/wheel-loader/loader-pose.ts';
import { ARENA_HALF_M, BOX } from '../geometry.ts';
import type { BricksStart } from '../start.ts';
import { BricksWorld } from '../world.ts';
import type { Disturbance } from './disturbance.ts';
import { isFree, placeLoader } from './place.ts';

export const OFFSET_RANGE = { sidewaysM: 0.8, alongM: 0.8, headingRad: 0.8 } as const;
/** Places proposed before there is said to be no room. */
const TRIES = 60;

/** Aside, ahead or back, and turned, with its load. */
export const poseOffset: Disturbance = {
  moment: 'any',
  apply: (world, rng) => {
    const start = world.startNow();
    const { xM, zM, headingRad, liftM, tiltRad } = world.loader;
    return tryPlaces(start, () => {
      const along = rng.range(-OFFSET_RANGE.alongM, OFFSET_RANGE.alongM);
      const aside = rng.range(-OFFSET_RANGE.sidewaysM, OFFSET_RANGE.sidewaysM);
      const s = sin(headingRad);
      const c = cos(headingRad);
      return {
        xM: xM + s * along + c * aside,
        zM: zM + c * along - s * aside,
        headingRad: headingRad + rng.range(-OFFSET_RANGE.headingRad, OFFSET_RANGE.headingRad),
        ...{ liftM, tiltRad },
      };
    });
  },
};

/** Turned about at once, while it drives on. */
export const headingKick: Disturbance = {
  moment: 'any',
  apply: (world, rng) => {
    const start = world.startNow();
    const yawRateRadps = rng.pick([-1, 1]) * rng.range(2, 4.5);
    const kick = {
      trigger: { type: 'time', atS: 0 },
      effect: { type: 'kick-loader', yawRateRadps },
    } as const;
    return { ...start, events: [...start.events, kick] };
  },
};

/** Driven into a wall, at an angle, and on. */
export const pressedIntoWall: Disturbance = {
  moment: 'any',
  apply: (world, rng, fps) => {
    const start = world.startNow();
    const near = tryPlaces(start, () => {
      const inward = rng.integer(0, 3) * (PI / 2); // the wall lies behind it
      const alongM = rng.range(-6.8, 6.8);
      const outM = ARENA_HALF_M - rng.range(1.3, 2);
      const out = inward + PI;
      return {
        xM: sin(out) * outM + cos(out) * alongM,
        zM: cos(out) * outM - sin(out) * alongM,
        headingRad: out + rng.range(-1, 1),
        ...keptControls(world),
      };
    });
    return near && driveBlindly(near, rng, fps, rng.range(1, 2));
  },
};

/** Corners of the arena, and the mouths of the lanes between box and walls, with the direction into them. */
const CORNERS = [
  { x: 8, z: 8, into: PI / 4 },
  { x: 8, z: -8, into: (3 * PI) / 4 },
  { x: -8, z: 8, into: -PI / 4 },
  { x: -7.5, z: -5, into: PI },
  { x: -5, z: -7.5, into: -PI / 2 },
] as const;

/** Driven into a corner, or between box and wall. */
export const pressedIntoCorner: Disturbance = {
  moment: 'any',
  apply: (world, rng, fps) => {
    const start = world.startNow();
    const near = tryPlaces(start, () => {
      const { x, z, into } = rng.pick(CORNERS);
      const backM = rng.range(1.9, 2.8);
      const asideM = rng.range(-0.5, 0.5);
      return {
        xM: x - sin(into) * backM + cos(into) * asideM,
        zM: z - cos(into) * backM - sin(into) * asideM,
        headingRad: into + rng.range(-0.5, 0.5),
        ...keptControls(world),
      };
    });
    return near && driveBlindly(near, rng, fps, rng.range(1.2, 2.4));
  },
};

/** At the box with nothing in the raised bucket: where a policy parks that has lost its load, or never had one. */
export const bucketUpAtBox: Disturbance = {
  moment: 'empty',
  apply: (world, rng, fps) => {
    const start = world.startNow();
    const near = tryPlaces(start, () => {
      const fromRad = PI / 4 + rng.range(-1.1, 1.1); // 0 is straight before its +z side, pi/2 its +x side
      const outM = rng.range(1.7, 4);
      const xM = BOX.centreXM + sin(fromRad) * outM;
      const zM = BOX.centreZM + cos(fromRad) * outM;
      return {
        ...{ xM, zM },
        headingRad: atan2(BOX.centreXM - xM, BOX.centreZM - zM) + rng.range(-0.7, 0.7),
        liftM: rng.range(0.1, LOADER.liftMaxM),
        tiltRad: rng.range(-0.05, LOADER.tiltMaxRad),
      };
    });
    return near && driveBlindly(near, rng, fps, rng.range(0, 1));
  },
};

const keptControls = (world: BricksWorld): Pick<LoaderPose, 'liftM' | 'tiltRad'> => {
  const { liftM, tiltRad } = world.loader;
  return { liftM, tiltRad };
};

function tryPlaces(start: BricksStart, propose: () => LoaderPose): BricksStart | null {
  for (let i = 0; i < TRIES; i++) {
    const pose = propose();
    if (isFree(start, pose)) return placeLoader(start, pose);
  }
  return null;
}

/** Straight on or in a bend, whatever is in the way. */
function driveBlindly(start: BricksStart, rng: Rng, fps: number, durationS: number): BricksStart {
  const world = BricksWorld.create(start);
  try {
    const action = [rng.range(-0.6, 0.6), rng.range(0.5, 1), 0, 0];
    const frames = Math.round(durationS * fps);
    for (let i = 0; i < frames; i++) world.step(action, 1 / fps);
    return world.startNow();
  } finally {
    world.dispose();
  }
}
