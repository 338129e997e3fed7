/** From a load in the bucket to an empty, lowered bucket clear of the box. */

import { clamp, PI } from '../../../engine/math.ts';
import { LOADER } from '../../../robots/wheel-loader/geometry.ts';
import { BOX, BOX_OUTER_HALF_M } from '../geometry.ts';
import { isBucketOverBox, OVER_RIM_M } from '../over-box.ts';
import type { Phase } from '../phases.ts';
import { isWayBlocked } from './clearance.ts';
import { alongLine, type Drive, followLine, type Line, leaveLane, moveTo, reverseAlong } from './drive.ts';
import type { ExpertView, SeenBrick } from './view.ts';

export interface Decision {
  steering: number;
  throttle: number;
  bucket: number;
  lift: number;
  phase: Phase;
}

/**
 * The box is always approached from its +x side: a learner shown two sides parks undecided on the diagonal
 * between them. The line's point is the middle of the box.
 */
export const DUMP_LINE: Line = { x: BOX.centreXM, z: BOX.centreZM, headingRad: -PI / 2 };
/** Distances of the chassis centre from the middle of the box, along the line. */
const DUMP_M = 1.8;
/** Once tipping has begun it goes on for as long as the loader is no further out than this beyond DUMP_M. */
const TIPPING_MARGIN_M = 0.3;
const STAND_OFF_M = 3.6;
/** Round the corner of the box by way of this point. */
const ROUND_CORNER = { x: -2.6, z: -3.1 };
/** A bucket tipped this far is empty, or holds its load for good. */
const TIPPED_RAD = LOADER.tiltMinRad + 0.03;
const PUSH_LIFT_M = 0.47;
const CARRY_LIFT_M = 0.95;
/** Below CARRY_LIFT_M: raised enough to carry, and to go on tipping. */
const RAISED_MARGIN_M = 0.03;
const TIPPING_LIFT_MARGIN_M = 0.15;
export const CARRY_TILT_RAD = 0.62;

const distanceOut = (view: ExpertView): number => -alongLine(view.loader, DUMP_LINE).ahead;

/** Whether the loader stands where tipping drops the load into the box. */
const isAtDump = (view: ExpertView): boolean => isNearDump(view, 0.08);

function isNearDump(view: ExpertView, marginM: number): boolean {
  const { left, headingErrorRad } = alongLine(view.loader, DUMP_LINE);
  return distanceOut(view) < DUMP_M + marginM && Math.abs(left) < 0.45 && Math.abs(headingErrorRad) < 0.35;
}

/**
 * Whether tipping has begun and is not over: then it goes on, whether or not the load is seen while it slides, and
 * also where it would not begin, or a learner that is unsure of the place tips and curls in turn.
 */
export function isTipping(view: ExpertView): boolean {
  const { liftM, tiltRad } = view.loader;
  const stillRaised = liftM > CARRY_LIFT_M - TIPPING_LIFT_MARGIN_M;
  return isNearDump(view, TIPPING_MARGIN_M) && stillRaised && tiltRad < 0.55 && tiltRad > TIPPED_RAD;
}

/** With a load in the bucket: lift it, carry it to the box, drive in, tip. */
export function deliver(view: ExpertView): Decision {
  const { liftM, tiltRad } = view.loader;
  const raised = liftM > CARRY_LIFT_M - RAISED_MARGIN_M;
  const lift = clamp(6 * (CARRY_LIFT_M + 0.02 - liftM), -1, 1);
  if ((isAtDump(view) && raised) || isTipping(view)) return tip(view, lift);
  const isAboutToTip = raised && isNearDump(view, TIPPING_MARGIN_M);
  const bucket = tiltRad < LOADER.tiltMaxRad - 0.02 && !isAboutToTip ? 1 : 0;
  const drive = raised ? carryDrive(view) : carryLow(view);
  const phase = raised && isDrivingIn(view) ? 'drive-in' : liftM > 0.5 ? 'carry' : 'lift';
  return { ...drive, bucket, lift: tiltRad > 0.3 || liftM > 0.2 ? lift : 0, phase };
}

/** While the lift rises: stay, or draw back from the box when its rim is in the way. */
function carryLow(view: ExpertView): Drive {
  const { loader } = view;
  const still = { steering: 0, throttle: 0 };
  if (loader.liftM < OVER_RIM_M)
    return isWayBlocked(loader, 0.1) && !isWayBlocked(loader, -0.2) ? { steering: 0, throttle: -0.5 } : still;
  return isBucketOverBox(loader) || distanceOut(view) < STAND_OFF_M ? still : carryDrive(view);
}

function isDrivingIn(view: ExpertView): boolean {
  const { left, headingErrorRad } = alongLine(view.loader, DUMP_LINE);
  const out = distanceOut(view);
  return (
    out > DUMP_M - 0.2 &&
    Math.abs(left) < 0.3 + 0.6 * clamp(out - 1.9, 0, 2) &&
    Math.abs(headingErrorRad) < 0.35 + 10 * Math.max(0, out - 2.7)
  );
}

function carryDrive(view: ExpertView): Drive {
  const { loader } = view;
  if (isDrivingIn(view)) {
    // Not so slow at the end that a learner who is 5 cm off waits there for a place that it never reaches.
    const slow = clamp(0.9 * (distanceOut(view) - DUMP_M) + 0.3, 0, 0.9);
    return followLine(loader, DUMP_LINE, clamp(distanceOut(view) - 1.4, 0.7, 1.6), slow);
  }
  const out = distanceOut(view);
  const { left, headingErrorRad } = alongLine(loader, DUMP_LINE);
  if (
    out < STAND_OFF_M - 0.2 &&
    out > 0 &&
    Math.abs(left) < 1.3 &&
    Math.abs(headingErrorRad) < 0.8 &&
    !isWayBlocked(loader, -0.1)
  )
    return reverseAlong(loader, DUMP_LINE, -0.7);
  const leaving = leaveLane(loader);
  if (leaving) return leaving;
  const behindCorner = loader.zM > -4.6 && loader.xM < -3.5;
  if (behindCorner) return moveTo(loader, ROUND_CORNER.x, ROUND_CORNER.z);
  return moveTo(loader, BOX.centreXM + STAND_OFF_M, BOX.centreZM);
}

/** Tips; when the load still hangs in the fully tipped bucket, shakes it by tilting and creeping back. */
function tip(view: ExpertView, lift: number): Decision {
  const hangs = view.loader.tiltRad < LOADER.tiltMinRad + 0.01;
  const { steering } = followLine(view.loader, DUMP_LINE, 1, 0);
  return {
    steering: hangs ? 0 : clamp(steering, -0.3, 0.3),
    throttle: hangs ? -0.12 : 0,
    bucket: -1,
    lift,
    phase: 'tip',
  };
}

/** A brick that hangs on the rim where loads are tipped, in reach of the level bucket. */
export function perchedOnRim(view: ExpertView): SeenBrick | undefined {
  return view.bricks.find(
    (brick) =>
      !brick.inBucket &&
      !brick.insideBox &&
      brick.yM > 0.3 &&
      Math.abs(brick.xM - BOX.centreXM - BOX_OUTER_HALF_M) < 0.3 &&
      Math.abs(brick.zM - BOX.centreZM) < 0.55,
  );
}

/** Pushes a brick off the rim into the box with the level bucket held just above the rim. */
export function pushOverRim(view: ExpertView): Decision {
  const { loader } = view;
  const off = PUSH_LIFT_M - loader.liftM;
  if (off < -0.05 && isBucketOverBox(loader)) return clearBox(view);
  const bucket = clamp(-4 * loader.tiltRad, -1, 1);
  const lift = clamp(6 * off, -1, 1);
  const ready = Math.abs(off) < 0.03 && Math.abs(loader.tiltRad) < 0.1;
  const wait = { steering: 0, throttle: distanceOut(view) < STAND_OFF_M - 0.5 ? -0.6 : 0 };
  return { ...(ready ? carryDrive(view) : wait), bucket, lift, phase: 'drive-in' };
}

/** With a raised, empty bucket: back away from the box, level and lower it. */
export function clearBox(view: ExpertView): Decision {
  const { loader } = view;
  const over = isBucketOverBox(loader);
  const level = clamp(-4 * loader.tiltRad, -1, 1);
  const rearFree = !isWayBlocked(loader, -0.15);
  const { left, headingErrorRad } = alongLine(loader, DUMP_LINE);
  const onLine = Math.abs(left) < 1 && Math.abs(headingErrorRad) < 0.5 && over;
  const throttle = rearFree ? -0.7 : 0;
  const steering = onLine ? reverseAlong(loader, DUMP_LINE, throttle).steering : 0;
  return {
    steering,
    throttle,
    bucket: over && loader.tiltRad < -0.3 && distanceOut(view) < DUMP_M + 0.5 ? 0 : level,
    lift: over ? 0 : -1,
    phase: over ? 'back-off' : 'lower',
  };
}
