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
  { x: -6.45, z: 0, turn: -1, next: 1 },
  { x: 0, z: -6.45, turn: 1, next: 2 },
  { x: 0.5, z: 0.5, turn: 1, next: 0 },
];
/** From anywhere else the way leads here first. */
const MIDDLE = LOOK_OUTS[2];
const NEAR_M = 0.4;
const LEG_HALF_M = 0.7;
const FACING_RAD = 0.15;
/** Nearer than this the direction of a look-out means less, and it is still faced when it lies further aside. */
const FACING_FROM_M = 2;

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
  const goal = LOOK_OUTS.find((lookOut) => isOnLegTo(lookOut, pose) && isFacing(pose, lookOut)) ?? MIDDLE;
  return isFacing(pose, goal) ? moveTo(pose, goal.x, goal.z) : turnBy(pose, 1);
}

function isFacing(pose: LoaderPose, { x, z }: LookOut): boolean {
  const distance = Math.sqrt((pose.xM - x) * (pose.xM - x) + (pose.zM - z) * (pose.zM - z));
  return Math.abs(bearingOf(pose, x, z)) < FACING_RAD * Math.max(1, FACING_FROM_M / distance);
}

/** Whether the loader is near the straight way from the look-out before. */
function isOnLegTo(to: LookOut, pose: LoaderPose): boolean {
  const from = LOOK_OUTS.find(({ next }) => LOOK_OUTS[next] === to);
  if (!from) return false;
  const dx = to.x - from.x;
  const dz = to.z - from.z;
  const length = Math.sqrt(dx * dx + dz * dz);
  const along = ((pose.xM - from.x) * dx + (pose.zM - from.z) * dz) / length;
  const across = ((pose.xM - from.x) * dz - (pose.zM - from.z) * dx) / length;
  return along > -0.5 && along < length + 0.5 && Math.abs(across) < LEG_HALF_M;
}
