/** From a brick in view to a brick in the bucket. */
import { bearingOf } from '../camera.ts';
import { inBucketFrame, LOADER_REACH_M, type LoaderPose } from '../loader-pose.ts';
import { clamp, cos, sin } from '../math.ts';
import { type ApproachLine, approachLine } from './approach-line.ts';
import { isWayBlocked } from './clearance.ts';
import type { Decision } from './deliver.ts';
import { alongLine, type Drive, followLine, moveTo, reverseAlong, steer, turnBy } from './drive.ts';
import type { ExpertView, SeenBrick } from './view.ts';

const APPROACH_THROTTLE = 0.7;
const SCOOP_THROTTLE = 0.55;
/** A brick this far to the side of the middle still gets into the bucket. */
const CAPTURE_HALF_M = 0.27;
const STAGING_M = 1.7;

/** The brick to go for: the one that is nearest in time to drive there. */
export function chooseTarget(view: ExpertView): SeenBrick | undefined {
  let best: SeenBrick | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const brick of view.bricks) {
    if (brick.insideBox || brick.inBucket) continue;
    const dx = brick.xM - view.loader.xM;
    const dz = brick.zM - view.loader.zM;
    const cost = Math.sqrt(dx * dx + dz * dz) + 1.5 * Math.abs(bearingOf(view.loader, brick.xM, brick.zM));
    if (cost < least) {
      least = cost;
      best = brick;
    }
  }
  return best;
}

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

/** Whether a brick lies on lip or floor so that curling now takes it in. The more curled already, the more lenient. */
export function isScoopable(view: ExpertView): boolean {
  const deep = view.loader.tiltRad > 0.06 ? 0.78 : 0.66;
  return view.bricks.some((brick) => {
    const [left, up, ahead] = inBucketFrame(view.loader, brick.xM, brick.yM, brick.zM);
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
  const drive = line.confined ? approachConfined(loader, line) : approachFree(loader, brick);
  const phase = drive.throttle > 0 ? 'approach' : 'turn';
  const level = clamp(-4 * loader.tiltRad, -1, 1);
  return {
    ...drive,
    bucket: Math.abs(loader.tiltRad) < 0.01 ? 0 : level,
    lift: loader.liftM > 0 ? -1 : 0,
    phase,
  };
}

/** Straight at it; drawn back first when it lies beside the bucket, where turning would sweep it away. */
function approachFree(loader: LoaderPose, brick: SeenBrick): Drive {
  const bearing = bearingOf(loader, brick.xM, brick.zM);
  const dx = brick.xM - loader.xM;
  const dz = brick.zM - loader.zM;
  const distance = Math.sqrt(dx * dx + dz * dz);
  const aside = Math.abs(distance * sin(bearing));
  const ahead = distance * cos(bearing) - LOADER_REACH_M;
  if (ahead < 0.35 && aside > CAPTURE_HALF_M && ahead > -1.6) {
    if (!isWayBlocked(loader, -0.1)) return { steering: 0.6 * steer(bearing), throttle: -0.7 };
    return turnBy(loader, bearing);
  }
  if (Math.abs(bearing) > 0.35 && aside > 0.2) return turnBy(loader, bearing);
  return {
    steering: steer(bearing),
    throttle: APPROACH_THROTTLE * (1 - 1.5 * Math.min(0.5, Math.abs(bearing))),
  };
}

/** Along the line: from its staging point when too far off it, back first when too near for that. */
function approachConfined(loader: LoaderPose, line: ApproachLine): Drive {
  const { left, ahead, headingErrorRad } = alongLine(loader, line);
  const togo = -ahead;
  const tolerance = 0.05 + 0.3 * Math.max(0, togo - 0.2);
  if (togo > -0.6 && Math.abs(left) < tolerance && Math.abs(headingErrorRad) < 0.9)
    return followLine(loader, line, clamp(togo, 0.7, 1.5), clamp(0.35 + 0.4 * togo, 0.45, 0.8));
  if (togo < STAGING_M && Math.abs(headingErrorRad) < 0.7 && !isWayBlocked(loader, -0.1))
    return reverseAlong(loader, line, -0.7);
  const back = STAGING_M;
  return moveTo(loader, line.x - sin(line.headingRad) * back, line.z - cos(line.headingRad) * back);
}
