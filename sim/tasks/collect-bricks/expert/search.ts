/**
 * Where to look when no brick is in view. Nothing remembers what has been seen, so the rule is a round trip that
 * is told by place and heading alone: four look-outs, each with its own turning direction, joined by legs that
 * head from one to the next. Together they come nearer than SIGHT_M to every place of the arena with it in view, and
 * see both lanes behind the box lengthwise.
 */
import { bearingOf, distanceTo, type LoaderPose } from '../../../robots/wheel-loader/loader-pose.ts';
import { type Drive, leaveLane, moveTo, turnBy } from './drive.ts';

interface LookOut {
  x: number;
  z: number;
  /** +1: turns left there until it faces the next look-out. */
  turn: 1 | -1;
  next: number;
  /** Around it whoever does not come to it goes on to the next; within AROUND_M where nothing is said. */
  around?: (pose: LoaderPose) => boolean;
}

/**
 * Beside each lane's mouth as near as leaves room to turn and to pass the corner of the box: from 1.5 m further away
 * bricks deep in a lane were 2 pixels of 96 wide, and policies went round without them.
 */
const LANE_M = -1.5;
const WALL_M = -6.45;
/**
 * What lies around a look-out reaches far beyond what a learner takes for it. With 0.5 m to either side, beyond which
 * it turned the other way to the middle, policies stood at (-6.2, -0.5) and turned to and fro: 8 of 41 failures.
 */
const BESIDE_LANE_M = -4;
const BEYOND_LANE_M = 3;

export const LOOK_OUTS: readonly LookOut[] = [
  {
    x: WALL_M,
    z: LANE_M,
    turn: -1,
    next: 1,
    around: ({ xM, zM }) => xM < BESIDE_LANE_M && zM < BEYOND_LANE_M && zM > xM,
  },
  {
    x: LANE_M,
    z: WALL_M,
    turn: 1,
    next: 2,
    around: ({ xM, zM }) => zM < BESIDE_LANE_M && xM < BEYOND_LANE_M && xM >= zM,
  },
  { x: 3.5, z: 0, turn: 1, next: 3 },
  { x: -2, z: 3.5, turn: -1, next: 0 },
];
/** From anywhere else the way leads here first. */
const MIDDLE = LOOK_OUTS[2];
const AROUND_M = 1.2;
/** A look-out is reached this far before it. */
const BEFORE_M = 0.35;
/** Who comes to a look-out has it ahead, give or take this. */
const COMING_RAD = 0.45;
/** On the way from one to the next: so far to either side. */
const LEG_HALF_M = 1.5;
/**
 * It drives when its turn has come this near to the next look-out, and turns back when it went further by so much. With
 * a window of 0.15 rad either way, after which the turn went on all round, who answered half a second late turned for
 * ever: with places 6 cm off, 1 of 12 starts in the lanes was solved; so 12 of 12.
 */
const SHORT_OF_RAD = 0.45;
const BEYOND_RAD = 0.9;

export function search(pose: LoaderPose): Drive {
  const leaving = leaveLane(pose);
  if (leaving) return leaving;
  const near = LOOK_OUTS.find((lookOut) => isAround(pose, lookOut));
  if (near) return isComingTo(pose, near) ? moveTo(pose, near.x, near.z) : goOn(pose, near);
  const leg = LOOK_OUTS.find((from) => isOnLegFrom(from, pose) && isFacing(pose, nextOf(from), from.turn));
  return leg ? goOn(pose, leg) : goTo(pose, MIDDLE, 1);
}

function isAround(pose: LoaderPose, { around, x, z }: LookOut): boolean {
  return around ? around(pose) : distanceTo(pose, x, z) < AROUND_M;
}

const nextOf = ({ next }: LookOut): LookOut => LOOK_OUTS[next];
const goOn = (pose: LoaderPose, from: LookOut): Drive => goTo(pose, nextOf(from), from.turn);

function goTo(pose: LoaderPose, to: LookOut, turn: 1 | -1): Drive {
  return isFacing(pose, to, turn) ? moveTo(pose, to.x, to.z) : turnBy(pose, turn);
}

/** Whether a turn to that side has come to where the look-out lies ahead, or a little beyond. */
function isFacing(pose: LoaderPose, { x, z }: LookOut, turn: 1 | -1): boolean {
  const before = turn * bearingOf(pose, x, z);
  return before < SHORT_OF_RAD && before > -BEYOND_RAD;
}

/** Whether the loader heads for a look-out and has not reached it. */
function isComingTo(pose: LoaderPose, to: LookOut): boolean {
  return distanceTo(pose, to.x, to.z) > BEFORE_M && Math.abs(bearingOf(pose, to.x, to.z)) < COMING_RAD;
}

/** Whether the loader is near the straight way to the next look-out. */
function isOnLegFrom(from: LookOut, pose: LoaderPose): boolean {
  const to = nextOf(from);
  const dx = to.x - from.x;
  const dz = to.z - from.z;
  const length = Math.sqrt(dx * dx + dz * dz);
  const along = ((pose.xM - from.x) * dx + (pose.zM - from.z) * dz) / length;
  const across = ((pose.xM - from.x) * dz - (pose.zM - from.z) * dx) / length;
  return along > -1 && along < length && Math.abs(across) < LEG_HALF_M;
}
