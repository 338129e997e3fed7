/** From a brick in view to a brick in the bucket. */

import { atan2, clamp, cos, sin, wrapAngle } from '../../../engine/math.ts';
import {
  bearingOf,
  distanceTo,
  inBucketFrame,
  LOADER_REACH_M,
  type LoaderPose,
} from '../../../robots/wheel-loader/loader-pose.ts';
import { type ApproachLine, approachLine, stagingPoint } from './approach-line.ts';
import { crossesBox, isWayBlocked } from './clearance.ts';
import type { Decision } from './deliver.ts';
import {
  alongLine,
  clearHeading,
  type Drive,
  headingTo,
  moveInView,
  nearestInView,
  reverseInView,
  steer,
  turnBy,
} from './drive.ts';
import type { ExpertView, SeenBrick } from './view.ts';

const APPROACH_THROTTLE = 0.7;
const SCOOP_THROTTLE = 0.55;
/** A brick this far to the side of the middle still gets into the bucket. */
const CAPTURE_HALF_M = 0.27;
/** Closes in on the line by a factor e in this distance, where a wall leaves room for it. */
const LOOKAHEAD_M = 1.2;
/**
 * How far off its line the loader may be at the line's end; at a lane's mouth it may be as far off, since it gets
 * closer on the way. Tight ends (0.08 m, and 0.04 m for a lane, with a lookahead of 2 m, so that the way along the
 * line rode on the funnel's edge) can be driven, but not learned: who sees places 6 cm off then goes back and
 * forth. Of 40 starts each it solved 31 in corners and 6 in lanes; with these it solves all, in fewer frames.
 */
const FUNNEL_END_M = 0.3;
const FUNNEL_BEND_M = 2.5;
/** By what share the funnel gives way to whoever is headed to follow the line, and withdraws from who is not. */
const HEADED_GIVES = 0.25;
/** Further off than both, following comes near the line quickly, and drawing back would lose sight of the brick. */
const FAR_M = 4;
const FAR_ASIDE_RAD = 0.79;
/** Curled this far, a brick that has not slid in will not. */
const CURLED_RAD = 0.66;

/** The brick to go for: the one that is nearest in time to drive there. */
export function chooseTarget(view: ExpertView): SeenBrick | undefined {
  let best: SeenBrick | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const brick of view.bricks) {
    if (brick.insideBox || brick.inBucket || isBehindBox(view.loader, brick)) continue;
    const { xM, zM } = brick;
    const cost = distanceTo(view.loader, xM, zM) + 1.5 * Math.abs(bearingOf(view.loader, xM, zM));
    if (cost < least || (cost === least && best !== undefined && isBefore(brick, best))) {
      least = cost;
      best = brick;
    }
  }
  return best;
}

/** Seen across the box: the way to it leads round the box, out of view of it. That is the search's way. */
const isBehindBox = ({ xM, zM }: LoaderPose, brick: SeenBrick): boolean =>
  crossesBox(xM, zM, brick.xM, brick.zM);

/** Of two equally good bricks the same one is taken whatever the order they are listed in. */
const isBefore = (a: SeenBrick, b: SeenBrick): boolean => a.xM < b.xM || (a.xM === b.xM && a.zM < b.zM);

/** Whether a brick is so far over the lip that the way to get it is straight on. */
export function isEntering(view: ExpertView): boolean {
  return view.bricks.some((brick) => {
    const [left, up, ahead] = inBucketFrame(view.loader, brick.xM, brick.yM, brick.zM);
    return Math.abs(left) < 0.38 && up > 0 && up < 0.5 && ahead > -0.05 && ahead < 0.8;
  });
}

/** Drives straight on, to get the brick from the lip to the floor of the bucket. */
export function driveOn(view: ExpertView): Decision {
  const level = clamp(-4 * view.loader.tiltRad, -1, 1);
  return { steering: 0, throttle: APPROACH_THROTTLE, bucket: level, lift: 0, phase: 'scoop' };
}

/**
 * Whether a brick lies on lip or floor so that curling now takes it in: the further curled already, the more
 * lenient, and more so at a wall, where it gets no deeper.
 */
export function isScoopable(view: ExpertView): boolean {
  const { loader } = view;
  if (loader.tiltRad > CURLED_RAD) return false;
  const deep = loader.tiltRad > 0.06 ? 0.9 : isWayBlocked(loader, 0.05) ? 0.84 : 0.66;
  return view.bricks.some((brick) => {
    const [left, up, ahead] = inBucketFrame(loader, brick.xM, brick.yM, brick.zM);
    return Math.abs(left) < 0.45 && up > 0 && up < 0.5 && ahead > -0.05 && ahead < deep;
  });
}

/** Curls while driving on: stopping first leaves the brick on the lip (under 10 % got in). */
export function scoop(view: ExpertView): Decision {
  const { loader } = view;
  const throttle = loader.tiltRad < 0.45 ? SCOOP_THROTTLE : 0.2;
  return { steering: 0, throttle, bucket: 1, lift: 0, phase: 'scoop' };
}

/** Drives at the brick, from the side that it can be taken from. */
export function approach(view: ExpertView, brick: SeenBrick): Decision {
  const { loader } = view;
  const line = approachLine(brick.xM, brick.zM, loader.xM, loader.zM);
  const drive = isHalfCurled(view, brick)
    ? { steering: 0, throttle: -0.7 }
    : line.confined
      ? approachConfined(loader, line, brick)
      : approachFree(loader, brick);
  const phase = drive.throttle > 0 ? 'approach' : 'turn';
  const level = clamp(-4 * loader.tiltRad, -1, 1);
  return {
    ...drive,
    bucket: Math.abs(loader.tiltRad) < 0.01 ? 0 : level,
    lift: loader.liftM > 0 ? -1 : 0,
    phase,
  };
}

/** A half curled bucket at the brick has just lost it: it is levelled while backing, for another try. */
function isHalfCurled({ loader }: ExpertView, brick: SeenBrick): boolean {
  const [, , ahead] = inBucketFrame({ ...loader, tiltRad: 0 }, brick.xM, brick.yM, brick.zM);
  return loader.tiltRad > 0.08 && ahead < 1.3 && !isWayBlocked(loader, -0.1);
}

/** Straight at it; drawn back first when it lies beside the bucket, where turning would sweep it away. */
function approachFree(loader: LoaderPose, brick: SeenBrick): Drive {
  const bearing = bearingOf(loader, brick.xM, brick.zM);
  const distance = distanceTo(loader, brick.xM, brick.zM);
  const aside = Math.abs(distance * sin(bearing));
  const ahead = distance * cos(bearing) - LOADER_REACH_M;
  if (ahead < 0.35 && aside > CAPTURE_HALF_M && ahead > -1.6) {
    if (!isWayBlocked(loader, -0.1)) return { steering: 0.6 * steer(bearing), throttle: -0.7 };
    return turnBy(loader, bearing);
  }
  if (Math.abs(bearing) > 0.35 && aside > 0.2) return turnBy(loader, bearing);
  return {
    steering: steer(bearing),
    throttle: clamp(0.3 * distance, APPROACH_THROTTLE, 1) * (1 - 1.5 * Math.min(0.5, Math.abs(bearing))),
  };
}

/**
 * Along the line where that can end well; otherwise back from it until it can. Only where there is no room behind,
 * to the line's staging point.
 */
function approachConfined(loader: LoaderPose, line: ApproachLine, brick: SeenBrick): Drive {
  const { left, ahead } = alongLine(loader, line);
  const sight = headingTo(loader, brick.xM, brick.zM);
  const half = funnelHalf(-ahead - line.laneM) * headedGives(loader, line, sight);
  const aside = Math.abs(wrapAngle(sight - line.headingRad));
  const follows = Math.abs(left) < half || (-ahead > FAR_M && aside > FAR_ASIDE_RAD);
  if (-ahead > -0.6 && follows) return followInView(loader, line, sight);
  if (line.laneM === 0 && !isWayBlocked(loader, -0.3)) return reverseInView(loader, line.headingRad, sight);
  const staging = stagingPoint(line);
  return moveInView(loader, staging.x, staging.z, sight, line.headingRad);
}

/** Of the funnel's width, by heading: who follows goes on following, who draws back goes on drawing back. */
function headedGives(loader: LoaderPose, line: ApproachLine, sight: number): number {
  const follow = followHeading(loader, line, sight);
  const back = nearestInView(line.headingRad, sight);
  const between = Math.abs(wrapAngle(follow - back));
  if (between < 0.1) return 1;
  const toBack = Math.abs(wrapAngle(loader.headingRad - back));
  const toFollow = Math.abs(wrapAngle(loader.headingRad - follow));
  return 1 + HEADED_GIVES * clamp((toBack - toFollow) / between, -1, 1);
}

/**
 * How far off the line the loader may be, `togo` before its end. Nearly as wide as can be such that who follows the
 * line in it gets ever further inside, and who draws back outside comes ever nearer: a border that is left to either
 * side. It is bent by LOOKAHEAD_M near the end and by KEEP_IN_VIEW_RAD far from it.
 */
function funnelHalf(togoM: number): number {
  const near = clamp(togoM, 0, FUNNEL_BEND_M) / 1.4 / 4;
  const e = 1 + near + (near * near) / 2 + (near * near * near) / 6;
  const far = Math.max(0, togoM - FUNNEL_BEND_M);
  return FUNNEL_END_M * e * e * e * e + 1.2 * far + 0.3 * far * far;
}

/** Towards the line, as directly as keeps the brick in view. */
function followHeading(loader: LoaderPose, line: ApproachLine, sight: number): number {
  const { left } = alongLine(loader, line);
  return nearestInView(line.headingRad - atan2(left, LOOKAHEAD_M), sight);
}

function followInView(loader: LoaderPose, line: ApproachLine, sight: number): Drive {
  const { ahead } = alongLine(loader, line);
  const heading = clearHeading(loader, followHeading(loader, line, sight), line.headingRad);
  const error = wrapAngle(heading - loader.headingRad);
  if (Math.abs(error) > 0.6) return turnBy(loader, error);
  return { steering: steer(error), throttle: clamp(0.4 + 0.35 * -ahead, 0.5, 1) * (1 - Math.abs(error)) };
}
