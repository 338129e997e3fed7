/** Ways of moving that the expert's behaviours are made of. Each is a function of the pose alone. */
import { bearingOf } from '../camera.ts';
import type { LoaderPose } from '../loader-pose.ts';
import { atan2, clamp, cos, PI, sin, wrapAngle } from '../math.ts';
import { isTurnBlocked, isWayBlocked } from './clearance.ts';

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
const STEER_GAIN = 2.5;
const REVERSE_THROTTLE = -0.8;

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

function makeRoom(pose: LoaderPose, steering: number): Drive {
  if (!isWayBlocked(pose, -0.15)) return { steering: 0, throttle: REVERSE_THROTTLE };
  if (!isTurnBlocked(pose, -Math.sign(steering))) return { steering: -Math.sign(steering), throttle: 0 };
  if (!isWayBlocked(pose, 0.15)) return { steering: 0, throttle: 0.6 };
  return { steering, throttle: REVERSE_THROTTLE };
}

/** Drives to a point, backwards when it lies close behind. */
export function moveTo(pose: LoaderPose, x: number, z: number): Drive {
  const bearing = bearingOf(pose, x, z);
  const distance = Math.sqrt((x - pose.xM) * (x - pose.xM) + (z - pose.zM) * (z - pose.zM));
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
