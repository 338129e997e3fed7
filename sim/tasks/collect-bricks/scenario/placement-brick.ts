/** Where the bricks of one group start. */

import { cos, PI, sin } from '../../../engine/math.ts';
import type { Rng } from '../../../engine/rng.ts';
import { drawQuantity } from '../../../engine/scenario/quantity.ts';
import type { Refusals } from '../../../engine/scenario/refusals.ts';
import { BUCKET } from '../../../robots/wheel-loader/geometry.ts';
import {
  BOX_FOOTPRINT,
  clearanceToWallsM,
  type Footprint,
  footprint,
  type LoaderPlace,
  loaderFootprints,
  meet,
  reach,
} from '../footprint.ts';
import { brokenBound, drawBounds, type Refusal } from './placement-bounds.ts';
import { type Point, pointProposal } from './placement-regions.ts';
import type { BrickGroup } from './schema.ts';

export interface BrickSize {
  lengthM: number;
  heightM: number;
  widthM: number;
}

export interface BrickPlace {
  xM: number;
  yM: number;
  zM: number;
  yawRad: number;
  footprint: Footprint;
}

export interface LoaderPose extends LoaderPlace {
  liftM: number;
  tiltRad: number;
}

/** Bricks keep this from walls, box and loader. */
const CLEARANCE_M = 0.01;
/** Bricks start this far above what they lie on, so that physics never begins with an overlap. */
const REST_GAP_M = 0.002;
/** Above the bucket's floor: a brick starts level, and drops onto a floor that is tilted. */
const BUCKET_GAP_M = 0.01;
/** From the bucket's sides and back. */
const BUCKET_MARGIN_M = 0.04;

export interface GroupRequest {
  group: BrickGroup;
  /** Name of the group in messages. */
  subject: string;
  sizes: readonly BrickSize[];
  loader: LoaderPose;
  placed: readonly BrickPlace[];
  turn: number;
  tries: number;
}

/** Places for all bricks of the group, clear of everything that is placed, or null after `tries` for one. */
export function placeGroup(request: GroupRequest, rng: Rng, refusals: Refusals): BrickPlace[] | null {
  const { group, sizes, turn } = request;
  const places: BrickPlace[] = [];
  const pile = group.pile ? placePile(request, drawQuantity(group.pile.radius_m, rng), rng) : null;
  for (let i = 0; i < sizes.length; i++) {
    const propose = pile ?? singleProposal(group, request.loader, turn + i, rng);
    const place = placeBrick(request, sizes[i], propose, places, rng, refusals);
    if (place === null) return null;
    places.push(place);
  }
  return places;
}

/** A proposed centre, or why it was refused already. */
type CentreProposal = (rng: Rng) => Point | Refusal;

function singleProposal(group: BrickGroup, loader: LoaderPlace, turn: number, rng: Rng): CentreProposal {
  const bounds = drawBounds(group.where, rng);
  const propose = pointProposal(group.where, turn, rng);
  return (stream) => {
    const point = propose(stream);
    return brokenBound(point, bounds, loader) ?? point;
  };
}

/** Draws the middle of the pile; its bricks are then drawn from the disc around it. */
function placePile(request: GroupRequest, radiusM: number, rng: Rng): CentreProposal {
  const centre = singleProposal(request.group, request.loader, request.turn, rng);
  let middle = centre(rng);
  for (let i = 1; i < request.tries && typeof middle === 'string'; i++) middle = centre(rng);
  return (stream) => {
    if (typeof middle === 'string') return middle;
    const [dx, dz] = stream.direction();
    const away = radiusM * Math.sqrt(stream.unit());
    return { xM: middle.xM + away * dx, zM: middle.zM + away * dz };
  };
}

function placeBrick(
  request: GroupRequest,
  size: BrickSize,
  propose: CentreProposal,
  group: readonly BrickPlace[],
  rng: Rng,
  refusals: Refusals,
): BrickPlace | null {
  for (let i = 0; i < request.tries; i++) {
    const place = request.group.where.in_bucket
      ? inBucket(request, size, group, rng)
      : onFloor(request, size, propose, group, rng);
    if (typeof place !== 'string') return place;
    refusals.add(request.subject, place);
  }
  return null;
}

function onFloor(
  request: GroupRequest,
  size: BrickSize,
  propose: CentreProposal,
  group: readonly BrickPlace[],
  rng: Rng,
): BrickPlace | Refusal {
  const point = propose(rng);
  if (typeof point === 'string') return point;
  const yawRad = (drawQuantity(request.group.yaw_deg, rng) * PI) / 180;
  const shape = brickFootprint(point, yawRad, size);
  if (clearanceToWallsM(shape) < CLEARANCE_M) return 'it would reach into a wall';
  if (meet(shape, BOX_FOOTPRINT, CLEARANCE_M)) return 'it would reach into the box';
  const { chassis, bucket } = loaderFootprints(request.loader);
  if (meet(shape, chassis, CLEARANCE_M) || meet(shape, bucket, CLEARANCE_M))
    return 'it would touch the loader';
  const gap = drawQuantity(request.group.spacing_m, rng);
  if ([...request.placed, ...group].some((other) => meet(shape, other.footprint, gap)))
    return 'it would touch another brick';
  return { ...point, yM: size.heightM / 2 + REST_GAP_M, yawRad, footprint: shape };
}

/** A brick lies level at some yaw above the bucket's floor, within its sides, back and floor. */
function inBucket(
  request: GroupRequest,
  size: BrickSize,
  group: readonly BrickPlace[],
  rng: Rng,
): BrickPlace | Refusal {
  const { loader } = request;
  const turnedRad = (drawQuantity(request.group.yaw_deg, rng) * PI) / 180;
  const local = brickFootprint({ xM: 0, zM: 0 }, turnedRad, size);
  const halfForward = reach(local, 0, 1);
  const halfAside = reach(local, 1, 0);
  // Level reach of the tilted floor; the tilted back leans over it or away from it by the brick's height.
  const c = cos(loader.tiltRad);
  const s = sin(loader.tiltRad);
  const nearest = halfForward + BUCKET_MARGIN_M + Math.max(0, -s * size.heightM);
  const farthest = BUCKET.floorDepthM * c - halfForward;
  const aside = BUCKET.widthM / 2 - halfAside - BUCKET_MARGIN_M;
  if (farthest < nearest || aside < 0) return 'it would not fit into the bucket';
  // Rather near the back, where a curled bucket lets it slide anyway.
  const back = rng.unit();
  const forwardM = nearest + (farthest - nearest) * back * back;
  const sidewaysM = rng.range(-aside, aside);

  const sinH = sin(loader.headingRad);
  const cosH = cos(loader.headingRad);
  const ahead = BUCKET.pivotForwardM + forwardM;
  const point = {
    xM: loader.xM + ahead * sinH + sidewaysM * cosH,
    zM: loader.zM + ahead * cosH - sidewaysM * sinH,
  };
  const yawRad = loader.headingRad + turnedRad;
  const shape = brickFootprint(point, yawRad, size);
  if (group.some((other) => meet(shape, other.footprint, CLEARANCE_M))) return 'it would touch another brick';
  const slope = s / c;
  const plateM = loader.liftM + BUCKET.lipHeightM / c;
  const floorM = plateM + Math.max(slope * (forwardM - halfForward), slope * (forwardM + halfForward));
  return { ...point, yM: floorM + size.heightM / 2 + BUCKET_GAP_M, yawRad, footprint: shape };
}

/** A brick's length lies along its local x axis, which yaw turns from +x towards -z. */
function brickFootprint(point: Point, yawRad: number, size: BrickSize): Footprint {
  return footprint(point.xM, point.zM, yawRad, size.widthM, size.lengthM);
}
