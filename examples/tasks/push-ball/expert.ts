/**
 * The expert: a deterministic, memoryless function of the world as it is now. It drives at the ball from the side away
 * from the goal, or from where the walls leave room, takes it between the sides of the bucket, steers it to the goal and
 * lets it roll in.
 */
import { atan2, clamp, cos, PI, sin, wrapAngle } from 'brickyard/sim/engine/math.ts';
import { oncePerFrame } from 'brickyard/sim/engine/once-per-frame.ts';
import { bearingOf, distanceTo, type LoaderPose } from 'brickyard/sim/robots/wheel-loader/loader-pose.ts';
import { nearestWall } from './geometry.ts';
import type { BallWorld } from './world.ts';

export const PHASES = ['turn', 'approach', 'back-off', 'push', 'settle'] as const;
export type Phase = (typeof PHASES)[number];

interface Drive {
  phase: Phase;
  steering: number;
  throttle: number;
}

type Place = { xM: number; zM: number };

/** Where the ball is held or about to be, seen from the chassis' centre: ahead, and to either side. */
const HELD = { fromM: 0.9, toM: 1.75, asideM: 0.35 } as const;
/** Between these the ball comes over the lip into the bucket: no turns yet, or it slips out past a side. */
const LIP = { inM: 1.2, outM: 1.4 } as const;
/** From the chassis' centre to the ball: nearer than this, turning on the spot would hit the ball. */
const TURN_ROOM_M = 2.2;
/** Beyond this error it turns before it drives. */
const TURN_FIRST_RAD = 0.7;
/** Half the camera's field. Beyond it a learner could not know on which side the ball is: it turns to the left. */
const IN_VIEW_RAD = 0.84;
/** The ball is kept in view on the way round it. */
const DETOUR_MAX_RAD = 0.6;
const STEER_GAIN = 1.5;
/** Slower, the ball would not climb the lip: rolling takes less of its speed. */
const PUSH_THROTTLE = 0.6;

/** What the expert does in the world as it is now. */
export const expertNow = oncePerFrame((world: BallWorld) => {
  const { phase, steering, throttle } = decide(world);
  const { liftM, tiltRad } = world.loader;
  const bucket = Math.abs(tiltRad) < 0.01 ? 0 : clamp(-4 * tiltRad, -1, 1);
  const lift = liftM > 0.001 ? -1 : 0;
  return { phase, action: [clamp(steering, -1, 1), clamp(throttle, -1, 1), bucket, lift] };
});

function decide(world: BallWorld): Drive {
  const { loader, ball, goal } = world;
  const farM = distanceTo(loader, ball.xM, ball.zM);
  const bearingRad = bearingOf(loader, ball.xM, ball.zM);
  if (distanceTo(goal, ball.xM, ball.zM) < goal.radiusM - 0.2)
    return { phase: 'settle', steering: 0, throttle: farM < TURN_ROOM_M ? -0.35 : 0 };
  const aheadM = farM * cos(bearingRad);
  const asideM = farM * sin(bearingRad);
  if (aheadM > HELD.fromM && aheadM < HELD.toM && Math.abs(asideM) < HELD.asideM) return push(world, aheadM);
  const isBeside = farM < TURN_ROOM_M && Math.abs(asideM) > HELD.asideM;
  if (isBeside && rearGapM(loader) > 0.2) return { phase: 'back-off', steering: 0, throttle: -0.7 };
  return approach(world, farM);
}

/** With the ball before or in the bucket: on to it until it is in, then towards the goal, slower near it. */
function push({ loader, ball, goal }: BallWorld, aheadM: number): Drive {
  const toGoalRad = bearingOf(loader, goal.xM, goal.zM);
  const inside = clamp((LIP.outM - aheadM) / (LIP.outM - LIP.inM), 0, 1);
  const steering =
    inside * clamp(STEER_GAIN * toGoalRad, -1, 1) +
    (1 - inside) * STEER_GAIN * bearingOf(loader, ball.xM, ball.zM);
  const goalM = distanceTo(goal, ball.xM, ball.zM);
  const isAimed = Math.abs(toGoalRad) < 0.3;
  // Beside the goal in a tight turn, or it would circle round it.
  const turning = goalM < 3 && inside === 1 ? 0.4 : PUSH_THROTTLE;
  return {
    phase: 'push',
    steering,
    throttle: isAimed ? clamp(0.3 + 0.2 * (goalM - goal.radiusM), 0.3, PUSH_THROTTLE) : turning,
  };
}

function approach({ loader, ball, goal }: BallWorld, farM: number): Drive {
  const toBallRad = atan2(ball.xM - loader.xM, ball.zM - loader.zM);
  const roundRad = wrapAngle(pushHeading(ball, goal, toBallRad) - toBallRad);
  const mostRad = clamp(0.5 * (farM - TURN_ROOM_M), 0, DETOUR_MAX_RAD);
  const errorRad = wrapAngle(toBallRad - clamp(roundRad, -mostRad, mostRad) - loader.headingRad);
  const isInView = Math.abs(bearingOf(loader, ball.xM, ball.zM)) < IN_VIEW_RAD;
  const steering = isInView ? STEER_GAIN * errorRad : 1;
  if (!isInView || Math.abs(errorRad) > TURN_FIRST_RAD) return { phase: 'turn', steering, throttle: 0 };
  const throttle = clamp(0.25 * (farM - 1), PUSH_THROTTLE, 0.8) * (1 - Math.abs(errorRad));
  return { phase: 'approach', steering, throttle };
}

/** The heading to push in: straight to the goal, or as near to it as leaves room for a loader behind the ball. */
function pushHeading(ball: Place, goal: Place, toBallRad: number): number {
  const straightRad = atan2(goal.xM - ball.xM, goal.zM - ball.zM);
  let best = { headingRad: straightRad, cost: Number.POSITIVE_INFINITY };
  for (let step = -12; step <= 12; step++) {
    const asideRad = (step * PI) / 18;
    const headingRad = straightRad + asideRad;
    const cost = Math.abs(asideRad) + 0.7 * Math.abs(wrapAngle(headingRad - toBallRad));
    if (cost < best.cost && isRoomBehind(ball, headingRad)) best = { headingRad, cost };
  }
  return best.headingRad;
}

function isRoomBehind(ball: Place, headingRad: number): boolean {
  return [1.6, 2.4].every(
    (backM) => nearestWall(ball.xM - backM * sin(headingRad), ball.zM - backM * cos(headingRad)).gapM > 0.48,
  );
}

const rearGapM = ({ xM, zM, headingRad }: LoaderPose): number =>
  nearestWall(xM - 0.75 * sin(headingRad), zM - 0.75 * cos(headingRad)).gapM;
