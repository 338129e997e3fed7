/** Proposals for a point of the floor: along a wall, in a corner, outside the box, or anywhere. */

import { atan2, PI } from '../../../engine/math.ts';
import type { Rng } from '../../../engine/rng.ts';
import { drawQuantity, type Quantity } from '../../../engine/scenario/quantity.ts';
import { ARENA_HALF_M, BOX, BOX_OUTER_HALF_M } from '../geometry.ts';
import { type BrickWhere, CORNER_NAMES, type CornerName, type LoaderWhere, WALL_NAMES } from './schema.ts';

export interface Point {
  xM: number;
  zM: number;
}

/** Which wall, corner or side it is, is settled once for each start, by whose turn it is. */
export type PointProposal = (rng: Rng) => Point;

/** Outward directions, (x, z). */
const WALL_NORMALS = { '-x': [-1, 0], '+x': [1, 0], '-z': [0, -1], '+z': [0, 1] } as const;
const CORNER_SIGNS: Record<CornerName, readonly [number, number]> = {
  '-x-z': [-1, -1],
  '-x+z': [-1, 1],
  '+x-z': [1, -1],
  '+x+z': [1, 1],
};
/** Sides of the box by the direction they face; it stands in the -x-z corner. */
const BOX_SIDE_NAMES = {
  arena: ['+x', '+z'],
  wall: ['-x', '-z'],
  any: ['+x', '+z', '-x', '-z'],
} as const;

/**
 * How points are proposed for what a scenario says; `turn` (the slot, plus the number of the brick) chooses
 * among `each` and lists, so that as many starts as there are walls cover every wall.
 */
export function pointProposal(where: LoaderWhere & BrickWhere, turn: number, rng: Rng): PointProposal {
  if (where.at) {
    const { x_m, z_m } = where.at;
    return (stream) => ({ xM: drawQuantity(x_m, stream), zM: drawQuantity(z_m, stream) });
  }
  if (where.near_wall) return alongWall(where.near_wall, turn, rng);
  if (where.near_corner) {
    const [signX, signZ] = CORNER_SIGNS[choose(where.near_corner.corners, CORNER_NAMES, turn, rng)];
    const distance = where.near_corner.distance_m;
    return (stream) => ({
      xM: signX * (ARENA_HALF_M - drawQuantity(distance, stream)),
      zM: signZ * (ARENA_HALF_M - drawQuantity(distance, stream)),
    });
  }
  if (where.near_box) return outsideBox(where.near_box, turn);
  return anywhere;
}

/** The side of the box whose turn it is, as the direction it faces. */
export function boxSide(side: keyof typeof BOX_SIDE_NAMES, turn: number): readonly [number, number] {
  const sides = BOX_SIDE_NAMES[side];
  return WALL_NORMALS[sides[turn % sides.length]];
}

/** Heading from a point to the nearest wall, corner, box or middle of the arena. */
export function headingToward(target: 'box' | 'wall' | 'corner' | 'middle', from: Point): number {
  const { xM, zM } = from;
  if (target === 'box') return atan2(BOX.centreXM - xM, BOX.centreZM - zM);
  if (target === 'middle') return atan2(-xM, -zM);
  const signX = xM < 0 ? -1 : 1;
  const signZ = zM < 0 ? -1 : 1;
  if (target === 'corner') return atan2(signX * ARENA_HALF_M - xM, signZ * ARENA_HALF_M - zM);
  if (Math.abs(xM) >= Math.abs(zM)) return (signX * PI) / 2;
  return signZ > 0 ? 0 : PI;
}

function alongWall(spec: NonNullable<BrickWhere['near_wall']>, turn: number, rng: Rng): PointProposal {
  const [normalX, normalZ] = WALL_NORMALS[choose(spec.walls, WALL_NAMES, turn, rng)];
  return (stream) => {
    const out = ARENA_HALF_M - drawQuantity(spec.distance_m, stream);
    const free = ARENA_HALF_M - drawQuantity(spec.from_other_walls_m, stream);
    const along = stream.range(-free, free);
    return normalX !== 0 ? { xM: normalX * out, zM: along } : { xM: along, zM: normalZ * out };
  };
}

function outsideBox(
  spec: { side: keyof typeof BOX_SIDE_NAMES; distance_m: Quantity; along: Quantity },
  turn: number,
): PointProposal {
  const [normalX, normalZ] = boxSide(spec.side, turn);
  return (stream) => {
    const out = BOX_OUTER_HALF_M + drawQuantity(spec.distance_m, stream);
    const along = BOX_OUTER_HALF_M * drawQuantity(spec.along, stream);
    return {
      xM: BOX.centreXM + (normalX !== 0 ? normalX * out : along),
      zM: BOX.centreZM + (normalZ !== 0 ? normalZ * out : along),
    };
  };
}

function anywhere(rng: Rng): Point {
  return { xM: rng.range(-ARENA_HALF_M, ARENA_HALF_M), zM: rng.range(-ARENA_HALF_M, ARENA_HALF_M) };
}

function choose<T extends string>(asked: 'each' | 'any' | T[], all: readonly T[], turn: number, rng: Rng): T {
  if (asked === 'any') return rng.pick(all);
  const names = asked === 'each' ? all : asked;
  return names[turn % names.length];
}
