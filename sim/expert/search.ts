/**
 * Where to look when no brick is in view. Nothing remembers what has been seen, so the rule is a round trip that
 * is told by place and heading alone: three look-outs, each with its own turning direction, joined by legs that
 * head from one to the next. Together they see all of the arena, and both lanes behind the box lengthwise.
 */
import { bearingOf } from '../camera.ts';
import type { LoaderPose } from '../loader-pose.ts';
import { type Drive, leaveLane, moveTo, turnBy } from './drive.ts';

interface LookOut {
  x: number;
  z: number;
  /** +1: turns left there until it faces the next look-out. */
  turn: 1 | -1;
  next: number;
}

export const LOOK_OUTS: readonly LookOut[] = [
  { x: -6.2, z: -1.2, turn: -1, next: 1 },
  { x: -1.2, z: -6.2, turn: 1, next: 2 },
  { x: 0.5, z: 0.5, turn: 1, next: 0 },
];
const NEAR_M = 0.6;
const FACING_RAD = 0.15;

export function search(pose: LoaderPose): Drive {
  const leaving = leaveLane(pose);
  if (leaving) return leaving;
  const at = LOOK_OUTS.find(
    ({ x, z }) => (pose.xM - x) * (pose.xM - x) + (pose.zM - z) * (pose.zM - z) < NEAR_M * NEAR_M,
  );
  if (at) {
    const next = LOOK_OUTS[at.next];
    const bearing = bearingOf(pose, next.x, next.z);
    return Math.abs(bearing) < FACING_RAD ? moveTo(pose, next.x, next.z) : turnBy(pose, at.turn);
  }
  const ahead = LOOK_OUTS.map(({ x, z }) => ({ x, z, off: Math.abs(bearingOf(pose, x, z)) })).sort(
    (a, b) => a.off - b.off,
  )[0];
  return ahead.off < FACING_RAD ? moveTo(pose, ahead.x, ahead.z) : turnBy(pose, 1);
}
