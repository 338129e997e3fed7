/** What scenario files of this task may say, and how a start is drawn from them. */
import { atan2, cos, PI, sin, wrapAngle } from 'brickyard/sim/engine/math.ts';
import type { Rng } from 'brickyard/sim/engine/rng.ts';
import { timeLimitSeconds } from 'brickyard/sim/engine/scenario/limits.ts';
import { drawQuantity, quantity } from 'brickyard/sim/engine/scenario/quantity.ts';
import { Refusals } from 'brickyard/sim/engine/scenario/refusals.ts';
import type { TaskScenarios } from 'brickyard/sim/engine/scenario/task-scenarios.ts';
import { InputError } from 'brickyard/sim/errors.ts';
import { LOADER } from 'brickyard/sim/robots/wheel-loader/geometry.ts';
import { distanceTo } from 'brickyard/sim/robots/wheel-loader/loader-pose.ts';
import { z } from 'zod';
import { BALL_RADIUS_M, nearestWall, RINK_M, WALL_NORMALS } from './geometry.ts';
import type { BallStart, Goal } from './start.ts';

const degrees = quantity(-180, 180);
const shape = {
  time_limit_s: timeLimitSeconds.describe('An attempt that is not done by then has failed.'),
  success: z
    .strictObject({
      rest_speed_mps: z.number().min(0.001).max(1).default(0.1),
      rest_s: z.number().min(0).max(10).default(0.5),
    })
    .describe("The ball's centre is in the goal, and the ball slower than this for this long.")
    .prefault({}),
  goal: z
    .strictObject({
      x_m: quantity(-RINK_M, RINK_M).default(0),
      z_m: quantity(-RINK_M, RINK_M).default(0),
      radius_m: quantity(0.5, 3).default(1.2),
    })
    .describe('A circle on the floor.')
    .prefault({}),
  ball: z
    .strictObject({
      from_goal_m: quantity(0, 2 * RINK_M)
        .describe('From the middle of the goal to the middle of the ball.')
        .optional(),
      wall_gap_m: quantity(0, RINK_M).describe('Clear floor between the ball and a wall.').optional(),
    })
    .describe('Where the ball lies: exactly one of the two; the rest is drawn.'),
  loader: z
    .strictObject({
      from_ball_m: quantity(2.2, 2 * RINK_M).describe("From the ball's middle to the loader's."),
      off_line_deg: degrees
        .default({ uniform: [-180, 180] })
        .describe('Seen from the ball: 0 straight behind it, as the goal lies; 180 on the side of the goal.'),
      heading_off_ball_deg: degrees.default({ uniform: [-180, 180] }).describe('0 faces the ball.'),
      lift_m: quantity(0, LOADER.liftMaxM).default({ uniform: [0, 0.4] }),
      tilt_rad: quantity(0, LOADER.tiltMaxRad)
        .default({ uniform: [0, 0.4] })
        .describe('Positive curls the bucket up.'),
    })
    .describe('Where the loader stands.'),
  physics: z
    .strictObject({
      rolling_damping: quantity(0.5, 6)
        .default(3)
        .describe('Per second: the ball rolls on for its speed divided by this.'),
      traction: quantity(0.05, 2).default(1).describe('1 = full grip of the wheels.'),
    })
    .prefault({}),
};
const said = z.object(shape);
export type BallScenario = z.output<typeof said>;

const TRIES = 2000;
/** Half the diagonal of chassis and bucket, and a little. */
const LOADER_ROOM_M = 1.65;

export const taskScenarios: TaskScenarios<BallScenario, BallStart> = {
  taskName: 'push-ball',
  thing: { one: 'ball', many: 'balls' },
  instruction: 'Push the ball into the goal.',
  shape,
  check({ ball }, fault) {
    if ((ball.from_goal_m === undefined) === (ball.wall_gap_m === undefined))
      fault(['ball'], 'must say exactly one of from_goal_m and wall_gap_m');
  },
  countRange: () => [1, 1],
  timeLimitS: ({ time_limit_s }) => time_limit_s,
  draw(scenario, { name, rng }) {
    const { rest_speed_mps, rest_s } = scenario.success;
    const physics = rng('physics');
    return {
      part: {
        ...drawLayout(scenario, name, rng('layout')),
        physics: {
          rollingDamping: drawQuantity(scenario.physics.rolling_damping, physics),
          traction: drawQuantity(scenario.physics.traction, physics),
        },
      },
      timeLimitS: scenario.time_limit_s,
      success: { restSpeedMps: rest_speed_mps, restS: rest_s },
    };
  },
  fullest: (scenario) => scenario,
  template: {
    from: 'ball-anywhere',
    otherKeys: `
# goal: { x_m: 2, z_m: { uniform: [-2, 2] }, radius_m: 1 }
# ball: { wall_gap_m: 0.1 }                  # from_goal_m or wall_gap_m
# loader: { from_ball_m: 4, off_line_deg: 90, heading_off_ball_deg: 0, lift_m: 0.3, tilt_rad: 0.2 }
# physics: { rolling_damping: 3, traction: 1 }
# success: { rest_speed_mps: 0.1, rest_s: 0.5 }
`,
  },
};

function drawLayout(
  scenario: BallScenario,
  name: string,
  rng: Rng,
): Pick<BallStart, 'goal' | 'ball' | 'loader'> {
  const refusals = new Refusals();
  let stuck = '';
  for (let i = 0; i < TRIES; i++) {
    const goal = {
      xM: drawQuantity(scenario.goal.x_m, rng),
      zM: drawQuantity(scenario.goal.z_m, rng),
      radiusM: drawQuantity(scenario.goal.radius_m, rng),
    };
    const ball = drawBall(scenario, goal, rng);
    const loader = drawLoader(scenario, goal, ball, rng);
    const refused = ballFault(ball, goal) ?? loaderFault(loader);
    if (refused === undefined) return { goal, ball, loader };
    stuck = refused[0];
    refusals.add(...refused);
  }
  throw new InputError(
    `scenario ${name}: no room for ${stuck} in ${TRIES} tries, because ${refusals.mostTelling(stuck)}; loosen where it may be`,
  );
}

function drawBall({ ball }: BallScenario, goal: Goal, rng: Rng): { xM: number; zM: number } {
  if (ball.wall_gap_m === undefined) {
    const farM = drawQuantity(ball.from_goal_m ?? 0, rng);
    const [x, z] = rng.direction();
    return { xM: goal.xM + farM * x, zM: goal.zM + farM * z };
  }
  const outM = RINK_M - BALL_RADIUS_M - drawQuantity(ball.wall_gap_m, rng);
  const [x, z] = rng.pick(WALL_NORMALS);
  const alongM = rng.range(-RINK_M / 2, RINK_M / 2);
  return { xM: x * outM + z * alongM, zM: z * outM - x * alongM };
}

function drawLoader({ loader }: BallScenario, goal: Goal, ball: { xM: number; zM: number }, rng: Rng) {
  const radians = (value: number) => (value * PI) / 180;
  const farM = drawQuantity(loader.from_ball_m, rng);
  const awayRad =
    atan2(ball.xM - goal.xM, ball.zM - goal.zM) + radians(drawQuantity(loader.off_line_deg, rng));
  const offRad = radians(drawQuantity(loader.heading_off_ball_deg, rng));
  return {
    xM: ball.xM + farM * sin(awayRad),
    zM: ball.zM + farM * cos(awayRad),
    headingRad: wrapAngle(awayRad + PI + offRad),
    liftM: drawQuantity(loader.lift_m, rng),
    tiltRad: drawQuantity(loader.tilt_rad, rng),
  };
}

type Refused = [subject: string, why: string];

function ballFault(ball: { xM: number; zM: number }, goal: Goal): Refused | undefined {
  if (nearestWall(ball.xM, ball.zM).gapM < BALL_RADIUS_M - 1e-9)
    return ['the ball', 'it would reach into a wall'];
  return distanceTo(goal, ball.xM, ball.zM) < goal.radiusM
    ? ['the ball', 'it would lie in the goal']
    : undefined;
}

function loaderFault({ xM, zM }: { xM: number; zM: number }): Refused | undefined {
  return nearestWall(xM, zM).gapM < LOADER_ROOM_M ? ['the loader', 'it would reach into a wall'] : undefined;
}
