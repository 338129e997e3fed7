/**
 * From which side to take a brick. The tip of the bucket has to get past the brick's centre, with the whole
 * loader behind it free of walls and box; a wall right behind the brick is a welcome backstop.
 */

import { atan2, clamp, cos, PI, sin, wrapAngle } from '../../../engine/math.ts';
import { BUCKET, LOADER } from '../../../robots/wheel-loader/geometry.ts';
import { LOADER_REACH_M } from '../../../robots/wheel-loader/loader-pose.ts';
import { ARENA_HALF_M, BOX, BOX_OUTER_HALF_M } from '../geometry.ts';
import { depthInBox, depthInWalls } from './clearance.ts';
import type { Line } from './drive.ts';

/** The line's point: where the chassis centre would be with the brick's centre right under the tip. */
export interface ApproachLine extends Line {
  cost: number;
  /** Whether it is another direction than straight at the brick, so that the line has to be followed. */
  confined: boolean;
  /** How long before its end the line enters a lane, where the loader has to be right on it; 0 for none. */
  laneM: number;
}

/** How far the tip shall get past the brick's centre where there is room. */
const PAST_M = 0.3;
/** The bucket may touch a wall beside it, not more. */
const SIDE_GAP_M = 0.025;
const LANE_GAP_M = 0.05;
const MAX_OFFSET_M = 0.4;
const BACK_M = 0.7;
const HEADINGS = 24;
/** Nearer than this to two walls a brick is taken along one of them; at a slant it is pushed into the pocket. */
const CORNER_M = 0.8;
/** Straight at a brick only where the tip gets so far past it that nobody need know how far the wall is. */
const CLEAR_COST = 0.001;
/** Otherwise squarely, where that can be: the best of 24 slants changes with every centimetre of the brick's place. */
const SLANT_COST = 0.5;

const isAlongWalls = (s: number, c: number): boolean => Math.abs(s) < 1e-6 || Math.abs(c) < 1e-6;

/** The best line to a brick for a loader at (fromX, fromZ). */
export function approachLine(brickX: number, brickZ: number, fromX: number, fromZ: number): ApproachLine {
  const sight = atan2(brickX - fromX, brickZ - fromZ);
  const straight = candidate(brickX, brickZ, sight, sight);
  if (straight.cost < CLEAR_COST) return straight;
  let best = { ...straight, cost: straight.cost + SLANT_COST };
  for (let i = 0; i < HEADINGS; i++) {
    const line = candidate(brickX, brickZ, (i * 2 * PI) / HEADINGS - PI, sight);
    if (line.cost < best.cost - 1e-9) best = line;
  }
  return best;
}

function candidate(brickX: number, brickZ: number, headingRad: number, sight: number): ApproachLine {
  const s = sin(headingRad);
  const c = cos(headingRad);
  const offset = sideOffset(brickX, brickZ, s, c);
  const x = brickX + c * offset - s * LOADER_REACH_M;
  const z = brickZ - s * offset - c * LOADER_REACH_M;
  const past = tipPast(x, z, s, c);
  const rear = {
    x,
    z,
    s,
    c,
    rear: -LOADER.chassisLengthM / 2 - BACK_M,
    front: BUCKET.pivotForwardM,
    half: LOADER.chassisWidthM / 2,
  };
  const bucket = {
    x,
    z,
    s,
    c,
    rear: -LOADER.chassisLengthM / 2,
    front: LOADER_REACH_M + Math.min(0, past) - 0.02,
    half: BUCKET.widthM / 2,
  };
  const depth = Math.max(depthInWalls(rear), depthInBox(rear), depthInWalls(bucket), depthInBox(bucket));
  const isCorner =
    Math.min(ARENA_HALF_M - Math.abs(brickX), ARENA_HALF_M - Math.abs(brickZ)) < CORNER_M &&
    Math.max(ARENA_HALF_M - Math.abs(brickX), ARENA_HALF_M - Math.abs(brickZ)) < CORNER_M;
  const cost =
    1.2 * Math.abs(wrapAngle(headingRad - sight)) +
    0.8 * Math.abs(offset) +
    12 * Math.max(0, 0.05 - past) +
    0.5 * Math.max(0, 0.2 - past) +
    (depth > 0.005 ? 5 + 10 * depth : 0) +
    (depth > -0.06 ? 0.05 : 0) +
    (isAlongWalls(s, c) || headingRad === sight ? 0 : SLANT_COST) +
    (isCorner && !isAlongWalls(s, c) ? 2 : 0);
  return { x, z, headingRad, cost, confined: headingRad !== sight, laneM: laneLength(x, z, s, c) };
}

/** Along a wall the line keeps half a bucket away from it, so the brick lies off the middle of the bucket. */
function sideOffset(brickX: number, brickZ: number, s: number, c: number): number {
  const half = BUCKET.widthM / 2 + SIDE_GAP_M;
  const limit = ARENA_HALF_M - half;
  if (Math.abs(s) < 1e-6)
    return (
      clamp(
        clampBesideBox(brickX, brickZ, clamp(brickX, -limit, limit)) - brickX,
        -MAX_OFFSET_M,
        MAX_OFFSET_M,
      ) * c
    );
  if (Math.abs(c) < 1e-6)
    return (
      clamp(
        brickZ - clampBesideBox(brickZ, brickX, clamp(brickZ, -limit, limit)),
        -MAX_OFFSET_M,
        MAX_OFFSET_M,
      ) * s
    );
  return 0;
}

/** Keeps a lane's centre line clear of the box that it passes; `across` and `along` are x and z or z and x. */
function clampBesideBox(across: number, along: number, wanted: number): number {
  const half = BUCKET.widthM / 2 + LANE_GAP_M;
  const middle = BOX.centreXM;
  if (Math.abs(along - middle) > BOX_OUTER_HALF_M + 1.2) return wanted;
  if (across < middle - BOX_OUTER_HALF_M) return Math.min(wanted, middle - BOX_OUTER_HALF_M - half);
  if (across > middle + BOX_OUTER_HALF_M) return Math.max(wanted, middle + BOX_OUTER_HALF_M + half);
  return wanted;
}

/** How far the tip can get past the brick's centre before a front corner meets a wall or the box; at most PAST_M. */
function tipPast(x: number, z: number, s: number, c: number): number {
  for (let past = PAST_M; past > -0.3; past -= 0.03) {
    const tip = {
      x,
      z,
      s,
      c,
      rear: LOADER_REACH_M - 0.2,
      front: LOADER_REACH_M + past,
      half: BUCKET.widthM / 2,
    };
    if (depthInWalls(tip) <= 0.001 && depthInBox(tip) <= 0.001) return past;
  }
  return -0.3;
}

/** Space for the turning chassis, which may shove itself off a wall a little, and for the loader with its bucket. */
const CHASSIS_TURN_M = 0.63;
const LOADER_TURN_M = 1.65;
const STAGING_M = 3.6;

/** Where to begin to follow a line: clear of the box, and off a wall beside it so that the loader can turn there. */
export function stagingPoint(line: ApproachLine): { x: number; z: number } {
  const s = sin(line.headingRad);
  const c = cos(line.headingRad);
  const inside = ARENA_HALF_M - CHASSIS_TURN_M;
  let point = { x: line.x, z: line.z };
  for (let back = STAGING_M + line.laneM; back < 9; back += 0.3) {
    point = { x: clamp(line.x - s * back, -inside, inside), z: clamp(line.z - c * back, -inside, inside) };
    const away = Math.max(Math.abs(point.x - BOX.centreXM), Math.abs(point.z - BOX.centreZM));
    if (away > BOX_OUTER_HALF_M + LOADER_TURN_M) break;
  }
  return point;
}

/** How far the tip travels in a lane until it is at the brick, for the chassis' end point (x, z). */
function laneLength(x: number, z: number, s: number, c: number): number {
  if (!isAlongWalls(s, c)) return 0;
  const mouth = BOX.centreXM + BOX_OUTER_HALF_M + LOADER_REACH_M;
  const inLane = (across: number) => across < BOX.centreXM - BOX_OUTER_HALF_M;
  if (c < -0.5 && inLane(x)) return Math.max(0, mouth - z);
  return s < -0.5 && inLane(z) ? Math.max(0, mouth - x) : 0;
}
