/**
 * A start near a place that was found in a rollout, never the place itself: the loader is moved and turned, with what
 * lies in its bucket; bricks that lie on the floor are moved each by itself, as far as nothing meets that did not before.
 */

import { atan2, cos, sin } from '../../engine/math.ts';
import type { Rng } from '../../engine/rng.ts';
import type { Aiming } from '../../engine/task.ts';
import { POSE_LOADER_SIZE } from '../../robots/wheel-loader/loader.ts';
import { isInBucket } from '../../robots/wheel-loader/loader-pose.ts';
import { depthAt } from './expert/clearance.ts';
import {
  BOX_FOOTPRINT,
  clearanceToWallsM,
  type Footprint,
  footprint,
  loaderFootprints,
  meet,
} from './footprint.ts';
import type { BrickStart, BricksStart, LoaderStart } from './start.ts';
import { brickRotation, POSE_BRICK_SIZE } from './start-poses.ts';
import { isInsideBox } from './success.ts';

/** Where loader and bricks were. */
export interface AimedPlace {
  loader: Pick<LoaderStart, 'xM' | 'zM' | 'headingRad' | 'liftM' | 'tiltRad'>;
  bricks: Pick<BrickStart, 'xM' | 'yM' | 'zM' | 'yawRad' | 'rotation' | 'lengthM' | 'heightM' | 'widthM'>[];
}

export const JITTER = {
  /** Largest moves of loader (m, rad) and brick (m, rad) from a rollout's start … */
  start: { loaderM: 0.6, loaderRad: 0.4, brickM: 0.4, brickRad: 0.6 },
  /** … and from a state on the way to a failure, of which less is left when it is moved far. */
  state: { loaderM: 0.25, loaderRad: 0.2, brickM: 0.12, brickRad: 0.3 },
  /** The loader is moved by at least this: no start of an evaluation comes back. */
  leastM: 0.03,
  tries: 60,
  gapM: 0.01,
  /** A brick lies flat when it is not turned over by more. */
  flatRad: 0.1,
} as const;

type Turn = [number, number, number, number];

/** Undefined where nothing fits after `JITTER.tries`. */
export function jitteredStart(
  drawn: BricksStart,
  place: AimedPlace,
  from: 'start' | 'state',
  rng: Rng,
): BricksStart | undefined {
  const most = JITTER[from];
  for (let i = 0; i < JITTER.tries; i++) {
    const loader = movedLoader(place, most, rng);
    if (!loader) continue;
    const bricks = movedBricks(place, loader, most, rng);
    if (!bricks) continue;
    return {
      ...drawn,
      loader,
      bricks: bricks.map((brick, k) => ({ ...brick, colorRgb: colorOf(drawn, k) })),
    };
  }
  return undefined;
}

const colorOf = ({ bricks }: BricksStart, index: number): BrickStart['colorRgb'] =>
  bricks[index % bricks.length].colorRgb;

type Limits = (typeof JITTER)['start' | 'state'];

function movedLoader({ loader }: AimedPlace, most: Limits, rng: Rng): LoaderStart | undefined {
  const dx = rng.range(-most.loaderM, most.loaderM);
  const dz = rng.range(-most.loaderM, most.loaderM);
  const { liftM, tiltRad } = loader;
  const moved = {
    xM: loader.xM + dx,
    zM: loader.zM + dz,
    headingRad: loader.headingRad + rng.range(-most.loaderRad, most.loaderRad),
    liftM,
    tiltRad,
  };
  if (dx * dx + dz * dz < JITTER.leastM * JITTER.leastM) return undefined;
  const depth = (at: typeof moved): number => depthAt(at.xM, at.zM, at.headingRad, liftM);
  return depth(moved) <= Math.max(-JITTER.gapM, depth(loader)) ? moved : undefined;
}

type PlacedBrick = Omit<BrickStart, 'colorRgb' | 'motion'>;

function movedBricks(
  { loader: before, bricks }: AimedPlace,
  loader: LoaderStart,
  most: Limits,
  rng: Rng,
): PlacedBrick[] | undefined {
  const { chassis, bucket } = loaderFootprints(loader);
  const occupied: Footprint[] = [BOX_FOOTPRINT, chassis, bucket];
  const placed: PlacedBrick[] = [];
  for (const brick of bricks) {
    const rotation = brickRotation(brick);
    if (isInBucket(before, brick.xM, brick.yM, brick.zM)) {
      placed.push(carried({ ...brick, rotation }, before, loader));
    } else if (isInsideBox(brick.xM, brick.yM, brick.zM) || !isOnFloor(brick, rotation)) {
      placed.push({ ...brick, rotation });
    } else {
      const moved = nudged({ ...brick, rotation }, most, rng);
      const shape = shapeOf(moved);
      if (clearanceToWallsM(shape) < JITTER.gapM) return undefined;
      if (occupied.some((other) => meet(shape, other, JITTER.gapM))) return undefined;
      occupied.push(shape);
      placed.push(moved);
    }
  }
  return placed;
}

const isOnFloor = ({ yM, heightM }: AimedPlace['bricks'][number], [x, , z]: Turn): boolean =>
  yM < 0.5 * heightM + 0.02 && 2 * Math.sqrt(x * x + z * z) < JITTER.flatRad;

function nudged(brick: PlacedBrick & { rotation: Turn }, most: Limits, rng: Rng): PlacedBrick {
  const turn = rng.range(-most.brickRad, most.brickRad);
  return {
    ...brick,
    xM: brick.xM + rng.range(-most.brickM, most.brickM),
    zM: brick.zM + rng.range(-most.brickM, most.brickM),
    rotation: turned(brick.rotation, turn),
    yawRad: brick.yawRad + turn,
  };
}

/** A load goes where its bucket goes. */
function carried(
  brick: PlacedBrick & { rotation: Turn },
  before: AimedPlace['loader'],
  loader: LoaderStart,
): PlacedBrick {
  const turn = loader.headingRad - before.headingRad;
  const s = sin(turn);
  const c = cos(turn);
  const dx = brick.xM - before.xM;
  const dz = brick.zM - before.zM;
  return {
    ...brick,
    xM: loader.xM + dx * c + dz * s,
    zM: loader.zM + dz * c - dx * s,
    rotation: turned(brick.rotation, turn),
    yawRad: brick.yawRad + turn,
  };
}

/** Turned about the vertical, after what it was turned by. */
function turned([x, y, z, w]: Turn, yawRad: number): Turn {
  const s = sin(yawRad / 2);
  const c = cos(yawRad / 2);
  return [c * x + s * z, c * y + s * w, c * z - s * x, c * w - s * y];
}

/** Seen from above, of a brick that lies flat. */
function shapeOf({ xM, zM, rotation, lengthM, widthM }: PlacedBrick): Footprint {
  const [, y, , w] = rotation!;
  return footprint(xM, zM, 2 * atan2(y, w), widthM, lengthM);
}

function placeOfStart({ loader: { motion: _, ...loader }, bricks }: BricksStart): AimedPlace {
  return { loader, bricks: bricks.map(({ colorRgb: _color, motion: _motion, ...brick }) => brick) };
}

function placeAt(start: BricksStart, row: Float32Array): AimedPlace {
  const [xM, zM, headingRad, liftM, tiltRad] = row;
  const bricks = start.bricks.map(({ colorRgb: _color, motion: _motion, ...brick }, i) => {
    const at = POSE_LOADER_SIZE + i * POSE_BRICK_SIZE;
    const [x, y, z, qx, qy, qz, qw] = row.subarray(at, at + POSE_BRICK_SIZE);
    return { ...brick, xM: x, yM: y, zM: z, rotation: [qx, qy, qz, qw] as [number, number, number, number] };
  });
  return { loader: { xM, zM, headingRad, liftM, tiltRad }, bricks };
}

export const BRICKS_AIMING: Aiming<BricksStart, AimedPlace> = {
  placeOfStart,
  placeAt,
  startNear: jitteredStart,
};
