/** Where the loader starts: places are proposed until every bound holds and it touches nothing. */

import { atan2, PI, wrapAngle } from '../../../engine/math.ts';
import type { Rng } from '../../../engine/rng.ts';
import { drawQuantity } from '../../../engine/scenario/quantity.ts';
import type { Refusals } from '../../../engine/scenario/refusals.ts';
import {
  BOX_FOOTPRINT,
  clearanceToWallsM,
  type LoaderPlace,
  loaderFootprints,
  meet,
  reach,
} from '../footprint.ts';
import { BOX, BOX_OUTER_HALF_M } from '../geometry.ts';
import { OVER_RIM_M } from '../over-box.ts';
import { brokenBound, drawBounds } from './placement-bounds.ts';
import { boxSide, headingToward, type Point, pointProposal } from './placement-regions.ts';
import type { BricksScenario, LoaderWhere } from './schema.ts';

/** Clear floor that the loader keeps from walls and box. */
const LOADER_CLEARANCE_M = 0.01;

/** A place for the loader that is free, or null after `tries`. */
export function placeLoader(
  loader: BricksScenario['loader'],
  liftM: number,
  turn: number,
  rng: Rng,
  refusals: Refusals,
  tries: number,
): LoaderPlace | null {
  const bounds = drawBounds(loader.where, rng);
  const propose = loaderProposal(loader, liftM, turn, rng);
  for (let i = 0; i < tries; i++) {
    const place = propose(rng);
    const refused = brokenBound(place, bounds, null) ?? touched(place, liftM);
    if (refused === null) return place;
    refusals.add('the loader', refused);
  }
  return null;
}

function touched(place: LoaderPlace, liftM: number) {
  const { chassis, bucket } = loaderFootprints(place);
  if (Math.min(clearanceToWallsM(chassis), clearanceToWallsM(bucket)) < LOADER_CLEARANCE_M)
    return 'it would reach into a wall';
  const gap = LOADER_CLEARANCE_M / 2;
  const solid = liftM >= OVER_RIM_M ? [chassis] : [chassis, bucket];
  return solid.some((shape) => meet(shape, BOX_FOOTPRINT, gap)) ? 'it would reach into the box' : null;
}

function loaderProposal(loader: BricksScenario['loader'], liftM: number, turn: number, rng: Rng) {
  const against = loader.where.against_box;
  if (against) return (stream: Rng) => againstBox(against, liftM, turn, stream);
  const propose = pointProposal(loader.where, turn, rng);
  return (stream: Rng): LoaderPlace => {
    const point = propose(stream);
    return { ...point, headingRad: drawHeading(loader.heading, point, stream) };
  };
}

function drawHeading(heading: BricksScenario['loader']['heading'], point: Point, rng: Rng): number {
  if (heading === 'any') return rng.range(-PI, PI);
  if ('deg' in heading) return wrapAngle((drawQuantity(heading.deg, rng) * PI) / 180);
  return wrapAngle(headingToward(heading.toward, point) + drawWithin(heading.within_deg, rng));
}

function againstBox(
  spec: NonNullable<LoaderWhere['against_box']>,
  liftM: number,
  turn: number,
  rng: Rng,
): LoaderPlace {
  const [normalX, normalZ] = boxSide(spec.side, turn);
  const headingRad = wrapAngle(atan2(-normalX, -normalZ) + drawWithin(spec.within_deg, rng));
  const { chassis, bucket } = loaderFootprints({ xM: 0, zM: 0, headingRad });
  // The foremost part that can touch: the bucket, unless it is held above the rim.
  const foremost =
    liftM >= OVER_RIM_M
      ? reach(chassis, normalX, normalZ)
      : reach(bucket, normalX, normalZ) - (bucket.xM * normalX + bucket.zM * normalZ);
  const out = BOX_OUTER_HALF_M + foremost + drawQuantity(spec.gap_m, rng);
  const aside = drawQuantity(spec.off_centre_m, rng);
  return {
    xM: BOX.centreXM + (normalX !== 0 ? normalX * out : aside),
    zM: BOX.centreZM + (normalZ !== 0 ? normalZ * out : aside),
    headingRad,
  };
}

function drawWithin(withinDeg: number, rng: Rng): number {
  return (rng.range(-withinDeg, withinDeg) * PI) / 180;
}
