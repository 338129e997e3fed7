/** What can happen in the middle of an episode, from which the expert then recovers. */
import { type Disturbance, LeadInFailure } from 'brickyard/sim/engine/disturbance.ts';
import type { Rng } from 'brickyard/sim/engine/rng.ts';
import { expertNow } from './expert.ts';
import { BALL_RADIUS_M } from './geometry.ts';
import type { BallStart } from './start.ts';
import { BallWorld } from './world.ts';

const KICK_MPS = { min: 2, max: 5 } as const;
const TURN_RADPS = { min: 2, max: 4 } as const;
/** Later the ball lies in the goal already, most of the time. */
const LATEST_SHARE = 0.8;

export const DISTURBANCES: Readonly<Record<string, Disturbance<BallStart, BallWorld>>> = {
  'ball-kicked': {
    leadIn,
    apply: (world, rng) => (world.isBallInGoal ? null : kicked(world.startNow(), rng)),
  },
  'loader-turned': {
    leadIn,
    apply: (world, rng) => (world.isBallInGoal ? null : turned(world.startNow(), rng)),
  },
};

/** Rolls off in any direction, whatever is in its way. */
function kicked(start: BallStart, rng: Rng): BallStart {
  const [x, z] = rng.direction();
  const mps = rng.range(KICK_MPS.min, KICK_MPS.max);
  const rollRadps = mps / BALL_RADIUS_M;
  return {
    ...start,
    ball: {
      ...start.ball,
      motion: { velocityMps: [x * mps, 0, z * mps], spinRadps: [z * rollRadps, 0, -x * rollRadps] },
    },
  };
}

/** Turned about at once, while it drives on. */
function turned(start: BallStart, rng: Rng): BallStart {
  const { motion, ...pose } = start.loader;
  const wheelYawRateRadps = rng.pick([-1, 1]) * rng.range(TURN_RADPS.min, TURN_RADPS.max);
  return {
    ...start,
    loader: { ...pose, motion: { velocityMps: [0, 0], yawRateRadps: 0, ...motion, wheelYawRateRadps } },
  };
}

/** The world at a drawn share of the time that the expert takes. */
function leadIn(start: BallStart, rng: Rng, fps: number): BallWorld {
  const whole = new BallWorld(start);
  let frames = 0;
  try {
    for (; !whole.isDone; frames++) {
      if (whole.timeS >= start.timeLimitS)
        throw new LeadInFailure(`the undisturbed episode of ${start.scenario} was not solved`);
      whole.step(expertNow(whole).action, 1 / fps);
    }
  } finally {
    whole.dispose();
  }
  const world = new BallWorld(start);
  const upTo = Math.floor(frames * rng.range(0, LATEST_SHARE));
  for (let i = 0; i < upTo; i++) world.step(expertNow(world).action, 1 / fps);
  return world;
}
