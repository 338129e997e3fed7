/** Bounds that a point must keep: distances from walls, box and loader, and its bearing from the loader. */
import { atan2, PI, wrapAngle } from '../../../engine/math.ts';
import type { Rng } from '../../../engine/rng.ts';
import { drawQuantity, type Quantity } from '../../../engine/scenario/quantity.ts';
import { distanceToBoxM, distanceToWallsM, type LoaderPlace } from '../footprint.ts';
import type { Point } from './placement-regions.ts';
import type { BrickWhere, LoaderWhere } from './schema.ts';

/** Why a place was refused. */
export type Refusal =
  | 'it would reach into a wall'
  | 'it would reach into the box'
  | 'it would touch the loader'
  | 'it would touch another brick'
  | 'it would not fit into the bucket'
  | `from_walls_m does not hold`
  | `from_box_m does not hold`
  | `from_loader_m does not hold`
  | `bearing_deg does not hold`;

type Range = [min: number, max: number];

export interface Bounds {
  walls: Range;
  box: Range;
  loader: Range;
  bearing: Range;
}

/** The bounds of one place, with their distributions drawn. */
export function drawBounds(where: LoaderWhere & BrickWhere, rng: Rng): Bounds {
  return {
    walls: drawRange(where.from_walls_m, rng),
    box: drawRange(where.from_box_m, rng),
    loader: drawRange(where.from_loader_m, rng),
    bearing: drawRange(where.bearing_deg, rng),
  };
}

/** The first bound that the point breaks, or null. Without a loader only walls and box count. */
export function brokenBound(point: Point, bounds: Bounds, loader: LoaderPlace | null): Refusal | null {
  if (!within(distanceToWallsM(point.xM, point.zM), bounds.walls)) return 'from_walls_m does not hold';
  if (!within(distanceToBoxM(point.xM, point.zM), bounds.box)) return 'from_box_m does not hold';
  if (loader === null) return null;
  if (!within(distanceM(point, loader), bounds.loader)) return 'from_loader_m does not hold';
  const bearingDeg = (Math.abs(bearingRad(point, loader)) * 180) / PI;
  return within(bearingDeg, bounds.bearing) ? null : 'bearing_deg does not hold';
}

export function distanceM(a: Point, b: Point): number {
  const dx = a.xM - b.xM;
  const dz = a.zM - b.zM;
  return Math.sqrt(dx * dx + dz * dz);
}

/** Angle from the loader's heading to the point, in [-pi, pi). */
export function bearingRad(point: Point, loader: LoaderPlace): number {
  return wrapAngle(atan2(point.xM - loader.xM, point.zM - loader.zM) - loader.headingRad);
}

function drawRange(range: { min?: Quantity; max?: Quantity } | undefined, rng: Rng): Range {
  const min = range?.min === undefined ? 0 : drawQuantity(range.min, rng);
  const max = range?.max === undefined ? Number.POSITIVE_INFINITY : drawQuantity(range.max, rng);
  return [min, max];
}

function within(value: number, [min, max]: Range): boolean {
  return value >= min && value <= max;
}
