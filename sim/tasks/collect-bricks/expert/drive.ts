/** Ways of moving that the expert's behaviours are made of. Each is a function of the pose alone. */

import { atan2, clamp, cos, PI, sin, wrapAngle } from '../../../engine/math.ts';
import { bearingOf, distanceTo, type LoaderPose } from '../../../robots/wheel-loader/loader-pose.ts';
import { ARENA_HALF_M, BOX, BOX_OUTER_HALF_M } from '../geometry.ts';
import { depthAt, isTurnBlocked, isWayBlocked } from './clearance.ts';

export interface Drive {
  steering: number;
  throttle: number;
}

/** A straight line to drive along: through (x, z) with a heading. */
export interface Line {
  x: number;
  z: number;
  headingRad: number;
}

/** Beyond this heading error always turn to the left, or the sign flips with noise near pi. */
const ALWAYS_LEFT_RAD = 2.5;
/** At 2.5 who answers half a second late, as a policy does that acts out chunks, swings from side to side. */
const STEER_GAIN = 1.5;
const REVERSE_THROTTLE = -0.8;
/** Less than half the camera's horizontal field, 0.84 rad, by what a late answer overshoots (0.72 lost bricks so). */
const KEEP_IN_VIEW_RAD = 0.5;
const NOSE_AHEAD_M = 0.3;

/** Steering command for a heading error (positive: to the left). */
export function steer(errorRad: number): number {
  return Math.abs(errorRad) > ALWAYS_LEFT_RAD ? 1 : clamp(STEER_GAIN * errorRad, -1, 1);
}

/** Turns on the spot; where walls or box are in the way, first makes room by driving straight. */
export function turnBy(pose: LoaderPose, errorRad: number): Drive {
  const steering = steer(errorRad);
  if (!isTurnBlocked(pose, Math.sign(steering))) return { steering, throttle: 0 };
  return makeRoom(pose, steering);
}

/** Backwards with the nose to the wall beside it, which swings the rear away from that wall. */
function makeRoom(pose: LoaderPose, steering: number): Drive {
  if (!isWayBlocked(pose, -0.15)) return { steering: noseToWall(pose), throttle: REVERSE_THROTTLE };
  if (!isTurnBlocked(pose, -Math.sign(steering))) return { steering: -Math.sign(steering), throttle: 0 };
  if (!isWayBlocked(pose, 0.15)) return { steering: 0, throttle: 0.6 };
  return { steering, throttle: REVERSE_THROTTLE };
}

function noseToWall(pose: LoaderPose): number {
  const side = nearerSide(pose);
  if (side === 0) return 0;
  if (!isTurnBlocked(pose, side, [0.06])) return 0.5 * side;
  return isTurnBlocked(pose, side, [0.02]) ? 0 : 0.15 * side;
}

/** +1 when a wall or the box is near on the left, -1 on the right, 0 when neither or both are. */
function nearerSide(pose: LoaderPose): number {
  const s = sin(pose.headingRad);
  const c = cos(pose.headingRad);
  const depth = (left: number) =>
    depthAt(pose.xM + c * left, pose.zM - s * left, pose.headingRad, pose.liftM);
  for (const shift of [0.1, 0.3, 0.6, 1.1]) {
    const left = depth(shift) > 0.01;
    const right = depth(-shift) > 0.01;
    if (left !== right) return left ? 1 : -1;
    if (left) return 0;
  }
  return 0;
}

/** Heading from the loader to a point. */
export const headingTo = (pose: LoaderPose, x: number, z: number): number => atan2(x - pose.xM, z - pose.zM);

/** A heading that keeps what lies in direction `sight` in view, as near to the wanted one as can be. */
export function nearestInView(wanted: number, sight: number): number {
  return sight + clamp(wrapAngle(wanted - sight), -KEEP_IN_VIEW_RAD, KEEP_IN_VIEW_RAD);
}

/** The heading nearest to the wanted one, on the way to `parallel`, with which the nose stays off walls and box. */
export function clearHeading(pose: LoaderPose, wanted: number, parallel: number): number {
  const span = wrapAngle(parallel - wanted);
  for (let k = 0; k < 8; k++) {
    const heading = wanted + (span * k) / 8;
    const x = pose.xM + sin(heading) * NOSE_AHEAD_M;
    const z = pose.zM + cos(heading) * NOSE_AHEAD_M;
    if (depthAt(x, z, heading, pose.liftM) < 0.01) return heading;
  }
  return parallel;
}

/** Drives to a point, forwards or backwards, with what lies in direction `sight` kept in view. */
export function moveInView(pose: LoaderPose, x: number, z: number, sight: number, parallel: number): Drive {
  const direction = headingTo(pose, x, z);
  const forwards = clearHeading(pose, nearestInView(direction, sight), parallel);
  const off = Math.abs(wrapAngle(direction - forwards));
  const turned = Math.abs(wrapAngle(pose.headingRad - forwards)) < 0.3;
  if (off < (turned ? 1 : 0.6) || isWayBlocked(pose, -0.1)) {
    const error = wrapAngle(forwards - pose.headingRad);
    if (Math.abs(error) > 0.4) return turnBy(pose, error);
    return { steering: steer(error), throttle: 0.8 * (1 - Math.abs(error)) };
  }
  return reverseInView(pose, direction + PI, sight);
}

/** Backwards, with a heading as near to the wanted one as keeps what lies in direction `sight` in view. */
export function reverseInView(pose: LoaderPose, wanted: number, sight: number): Drive {
  const error = wrapAngle(nearestInView(wanted, sight) - pose.headingRad);
  if (Math.abs(error) > 1) return turnBy(pose, error);
  const blocked = isTurnBlocked(pose, Math.sign(error), [0.06]);
  return { steering: blocked ? 0 : clamp(1.5 * error, -0.7, 0.7), throttle: -0.7 };
}

/** Drives to a point, backwards when it lies close behind. */
export function moveTo(pose: LoaderPose, x: number, z: number): Drive {
  const bearing = bearingOf(pose, x, z);
  const distance = distanceTo(pose, x, z);
  if (Math.abs(bearing) > 2.1 && distance < 3.5) return reverseTo(pose, bearing, distance);
  if (Math.abs(bearing) > 0.45) return turnBy(pose, bearing);
  return { steering: steer(bearing), throttle: clamp(1.2 * distance, 0.3, 1) * (1 - Math.abs(bearing)) };
}

function reverseTo(pose: LoaderPose, bearing: number, distance: number): Drive {
  if (isWayBlocked(pose, -0.1)) return turnBy(pose, bearing);
  const error = wrapAngle(bearing - PI);
  const direction = Math.sign(error);
  const steering = isTurnBlocked(pose, direction) ? 0 : clamp(STEER_GAIN * error, -0.8, 0.8);
  return { steering, throttle: -clamp(1.2 * distance, 0.3, 0.9) };
}

/** Where the loader is with respect to a line: left of it (m), ahead of its point (m), heading off it (rad). */
export function alongLine(
  pose: LoaderPose,
  line: Line,
): { left: number; ahead: number; headingErrorRad: number } {
  const s = sin(line.headingRad);
  const c = cos(line.headingRad);
  const dx = pose.xM - line.x;
  const dz = pose.zM - line.z;
  return {
    left: dx * c - dz * s,
    ahead: dx * s + dz * c,
    headingErrorRad: wrapAngle(line.headingRad - pose.headingRad),
  };
}

/** Follows a line forwards by aiming at a point of it ahead; slower when off it. */
export function followLine(pose: LoaderPose, line: Line, lookaheadM: number, throttle: number): Drive {
  const { left, headingErrorRad } = alongLine(pose, line);
  const error = wrapAngle(headingErrorRad - atan2(left, lookaheadM));
  if (Math.abs(error) > 0.6) return turnBy(pose, error);
  return { steering: steer(error), throttle: throttle * (1 - Math.abs(error)) };
}

/** Backs out along a line. */
export function reverseAlong(pose: LoaderPose, line: Line, throttle: number): Drive {
  const { left, headingErrorRad } = alongLine(pose, line);
  const error = wrapAngle(headingErrorRad + clamp(0.6 * left, -0.3, 0.3));
  const direction = Math.sign(error);
  return { steering: isTurnBlocked(pose, direction) ? 0 : clamp(2 * error, -0.7, 0.7), throttle };
}

/** The lanes between box and walls, in the direction that they are entered. */
const LANES: readonly Line[] = [
  {
    x: (BOX.centreXM - BOX_OUTER_HALF_M - ARENA_HALF_M) / 2,
    z: BOX.centreZM + BOX_OUTER_HALF_M,
    headingRad: PI,
  },
  {
    x: BOX.centreXM + BOX_OUTER_HALF_M,
    z: (BOX.centreZM - BOX_OUTER_HALF_M - ARENA_HALF_M) / 2,
    headingRad: -PI / 2,
  },
];
/** The loader is out of a lane when its centre is this far before the mouth: then its nose can turn. */
const OUT_OF_LANE_M = 2.1;
/** The further it has turned already the less, so that it does not go back to backing out. */
const TURNED_GIVES_M = 0.9;

/** Straight back out of a lane that the loader stands in or before, nose towards it; null elsewhere. */
export function leaveLane(pose: LoaderPose): Drive | null {
  for (const lane of LANES) {
    const { left, ahead, headingErrorRad } = alongLine(pose, lane);
    const turned = Math.abs(headingErrorRad);
    if (ahead > -OUT_OF_LANE_M + TURNED_GIVES_M * turned && Math.abs(left) < 1 && turned < 1.2)
      return reverseAlong(pose, lane, -0.9);
  }
  return null;
}
