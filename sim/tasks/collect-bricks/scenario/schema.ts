/**
 * What a scenario file of this task may say beyond the keys that all have. Unknown keys are faults; every length is in
 * metres, every angle in degrees unless its name ends otherwise; the walls' inner faces stand at x, z = +-8 and the box
 * near (-6, -6).
 */
import { z } from 'zod';
import { colors } from '../../../engine/scenario/color.ts';
import { MAX_TIME_LIMIT_S, timeLimitSeconds } from '../../../engine/scenario/limits.ts';
import { count, quantity } from '../../../engine/scenario/quantity.ts';
import { LOADER } from '../../../robots/wheel-loader/geometry.ts';
import { ARENA_HALF_M } from '../geometry.ts';
import { BRICKS_DEFAULTS, BRICKS_LIMITS, LEGO_COLORS } from './defaults.ts';

export const WALL_NAMES = ['-x', '+x', '-z', '+z'] as const;
export type WallName = (typeof WALL_NAMES)[number];
/** The corner behind the box comes first, so that even a single episode has the hardest one. */
export const CORNER_NAMES = ['-x-z', '-x+z', '+x-z', '+x+z'] as const;
export type CornerName = (typeof CORNER_NAMES)[number];

const MAX_DISTANCE_M = 23;

/** `each` and a list take turns from one episode to the next; `any` is drawn. */
const oneOfEach = <T extends readonly [string, ...string[]]>(names: T) =>
  z.union([z.enum(['each', 'any']), z.array(z.enum(names)).min(1).max(names.length)]);

const range = (max: number, what: string) =>
  z
    .strictObject({ min: quantity(0, max).optional(), max: quantity(0, max).optional() })
    .refine((bounds) => bounds.min !== undefined || bounds.max !== undefined, {
      error: 'must say min, max or both',
    })
    .describe(what)
    .optional();

const at = z
  .strictObject({ x_m: quantity(-ARENA_HALF_M, ARENA_HALF_M), z_m: quantity(-ARENA_HALF_M, ARENA_HALF_M) })
  .describe('Exactly here.')
  .optional();

const nearWall = z
  .strictObject({
    walls: oneOfEach(WALL_NAMES).default('any'),
    distance_m: quantity(0, ARENA_HALF_M).describe('From the inner face of the wall to the centre.'),
    from_other_walls_m: quantity(0, ARENA_HALF_M)
      .default(0)
      .describe('The centre stays at least this far from the two neighbouring walls.'),
  })
  .describe('Along a wall.')
  .optional();

const nearCorner = z
  .strictObject({
    corners: oneOfEach(CORNER_NAMES).default('any'),
    distance_m: quantity(0, ARENA_HALF_M).describe('From each of the two walls to the centre, drawn twice.'),
  })
  .describe('In a corner of the arena.')
  .optional();

const BOX_SIDES = z
  .enum(['arena', 'wall', 'any'])
  .describe('arena: the +x and +z sides; wall: the -x and -z sides. The two take turns.');

const nearBox = z
  .strictObject({
    side: BOX_SIDES,
    distance_m: quantity(0, ARENA_HALF_M).describe('From the outer face of the box to the centre.'),
    along: quantity(-1, 1)
      .default({ uniform: [-1, 1] })
      .describe('Along that side: -1 its end towards the walls, 1 its end towards the middle of the arena.'),
  })
  .describe('Outside the rim of the box.')
  .optional();

const againstBox = z
  .strictObject({
    side: BOX_SIDES,
    gap_m: quantity(0, 2).describe('Between the foremost part that can touch the box, and the box.'),
    off_centre_m: quantity(-1, 1).default(0).describe('Sideways, from the middle of that side.'),
    within_deg: z.number().min(0).max(45).default(0).describe('Turned from facing it squarely, either way.'),
  })
  .describe('Pressed against the box, facing it.')
  .optional();

const fromWalls = range(ARENA_HALF_M, 'From the nearest wall to the centre.');
const fromBox = range(MAX_DISTANCE_M, 'From the rim of the box to the centre.');

const loaderWhere = z
  .strictObject({
    from_walls_m: fromWalls,
    from_box_m: fromBox,
    at,
    near_wall: nearWall,
    near_corner: nearCorner,
    against_box: againstBox,
  })
  .describe('Where its centre is: at most one of at, near_*, against_box, and bounds that all must hold.');

const heading = z.union([
  z.literal('any'),
  z.strictObject({ deg: quantity(-360, 360).describe('0 faces +z, 90 faces +x.') }),
  z.strictObject({
    toward: z.enum(['box', 'wall', 'corner', 'middle']).describe('The nearest of its kind.'),
    within_deg: z.number().min(0).max(180).default(0),
  }),
]);

const loader = z.strictObject({
  where: loaderWhere.default({}),
  heading: heading.default('any'),
  lift_m: quantity(0, LOADER.liftMaxM).default(BRICKS_DEFAULTS.loader.lift_m),
  tilt_rad: quantity(LOADER.tiltMinRad, LOADER.tiltMaxRad)
    .default(BRICKS_DEFAULTS.loader.tilt_rad)
    .describe('Positive curls the bucket up.'),
});

const brickWhere = z
  .strictObject({
    from_walls_m: fromWalls,
    from_box_m: fromBox,
    from_loader_m: range(MAX_DISTANCE_M, "From the loader's centre to the centre."),
    bearing_deg: range(180, 'Off the heading of the loader, either side: 0 straight ahead, 180 behind.'),
    at,
    near_wall: nearWall,
    near_corner: nearCorner,
    near_box: nearBox,
    in_bucket: z.literal(true).describe('Lying in the bucket, however it is held.').optional(),
  })
  .describe('Where its centre is: at most one of at, near_*, in_bucket, and bounds that all must hold.');

const bricks = z.strictObject({
  count: count(1, BRICKS_LIMITS.bricks).default(1),
  where: brickWhere.default({}),
  pile: z
    .strictObject({ radius_m: quantity(0.05, 4) })
    .describe('`where` is then the middle of the pile, and each centre lies within the radius of it.')
    .optional(),
  spacing_m: quantity(0, 2)
    .default(BRICKS_DEFAULTS.brick.spacing_m)
    .describe('Clear floor to any other brick, at least.'),
  yaw_deg: quantity(-360, 360)
    .default({ uniform: [-180, 180] })
    .describe('0 lies along x; in the bucket: across it.'),
  size: z
    .strictObject({
      length_m: quantity(0.1, 0.8).default(BRICKS_DEFAULTS.brick.size.length_m),
      height_m: quantity(0.08, 0.4).default(BRICKS_DEFAULTS.brick.size.height_m),
      width_m: quantity(0.1, 0.8).default(BRICKS_DEFAULTS.brick.size.width_m),
    })
    .prefault({}),
  colors: colors.default([...LEGO_COLORS]).describe('One is drawn for each brick.'),
});

const defaults = BRICKS_DEFAULTS.physics;
const physics = z.strictObject({
  brick_friction: quantity(0, 2).default(defaults.brick_friction),
  floor_friction: quantity(0, 2).default(defaults.floor_friction),
  bucket_friction: quantity(0, 2).default(defaults.bucket_friction),
  brick_density_kgpm3: quantity(10, 2000).default(defaults.brick_density_kgpm3),
  traction: quantity(0.05, 2)
    .default(defaults.traction)
    .describe('1 = full grip; scales the acceleration the wheels can give.'),
});

const event = z.strictObject({
  when: z.union([
    z.strictObject({ time_s: quantity(0, MAX_TIME_LIMIT_S) }),
    z.strictObject({ carrying_s: quantity(0, 60).describe('Since the load was lifted to 0.5 m.') }),
  ]),
  do: z.union([
    z.strictObject({
      shake_bucket: z
        .strictObject({ speed_mps: quantity(0, 10), sideways: quantity(-1, 1).default(0) })
        .describe('Throws what lies in the bucket forwards, off the lip.'),
    }),
    z.strictObject({
      kick_loader: z
        .strictObject({ yaw_rate_radps: quantity(-10, 10) })
        .describe('Turns the loader about at once.'),
    }),
    z.strictObject({
      push_brick: z
        .strictObject({
          brick: z
            .int()
            .min(0)
            .max(BRICKS_LIMITS.bricks - 1),
          speed_mps: quantity(0, 10),
          direction_deg: quantity(-360, 360).default({ uniform: [-180, 180] }),
        })
        .describe('Pushes one brick along the floor; the first is number 0.'),
    }),
  ]),
  chance: z.number().min(0).max(1).default(1).describe('That it happens at all.'),
});

const timeLimit = z.union([
  timeLimitSeconds,
  z.strictObject({
    first_brick_s: timeLimitSeconds,
    further_brick_s: z.number().min(0).max(MAX_TIME_LIMIT_S).describe('Added for each one more.'),
  }),
]);

/** The keys of this task. */
export const BRICKS_SHAPE = {
  time_limit_s: timeLimit.describe('An attempt that is not done by then has failed.'),
  success: z
    .strictObject({
      rest_speed_mps: z.number().min(0.001).max(1).default(BRICKS_DEFAULTS.success.rest_speed_mps),
      rest_s: z.number().min(0).max(10).default(BRICKS_DEFAULTS.success.rest_s),
    })
    .describe('Every brick lies in the box, slower than this for this long.')
    .prefault({}),
  loader: loader.prefault({}),
  bricks: z.array(bricks).min(1).max(BRICKS_LIMITS.groups),
  physics: physics.prefault({}),
  events: z.array(event).max(BRICKS_LIMITS.events).default([]),
};

const shape = z.strictObject(BRICKS_SHAPE);
/** What a scenario of this task says, defaults filled in. */
export type BricksScenario = z.output<typeof shape>;
export type BrickGroup = BricksScenario['bricks'][number];
export type LoaderWhere = BricksScenario['loader']['where'];
export type BrickWhere = BrickGroup['where'];
