/** What happened in an episode, read off its stored poses by geometry alone. */

import type { FailedTrajectory as StoredFailure } from '../../../engine/failure.ts';
import { cos, sin } from '../../../engine/math.ts';
import { BUCKET, LOADER } from '../../../robots/wheel-loader/geometry.ts';
import { POSE_LOADER_SIZE } from '../../../robots/wheel-loader/loader.ts';
import { BUCKET_TIP_M, isInBucket, type LoaderPose } from '../../../robots/wheel-loader/loader-pose.ts';
import {
  BOX_FOOTPRINT,
  clearanceToWallsM,
  distanceToBoxM,
  type LoaderPlace,
  loaderFootprints,
  meet,
} from '../footprint.ts';
import { OVER_RIM_M } from '../over-box.ts';
import type { BricksStart } from '../start.ts';
import { POSE_BRICK_SIZE, poseSize } from '../start-poses.ts';
import { isInsideBox } from '../success.ts';
import { FAILURE_THRESHOLDS as T } from './thresholds.ts';

export type FailedTrajectory = StoredFailure<BricksStart>;

export interface BrickSight {
  xM: number;
  yM: number;
  zM: number;
  inBucket: boolean;
  insideBox: boolean;
  /** From the level bucket, seen from above; 0 where the brick's centre is over or under it. */
  gapM: number;
  /** From chassis or bucket, whichever is nearer. */
  loaderGapM: number;
}

export interface Moment extends LoaderPose {
  /** Driven so far. */
  pathM: number;
  touchesWall: boolean;
  touchesBox: boolean;
  /** From the rim to the chassis centre. */
  boxM: number;
  loaded: boolean;
  bricks: BrickSight[];
}

/** A time in the bucket: from the frame a brick was loaded to the frame it was out again, if it was. */
export interface Load {
  brick: number;
  from: number;
  /** First frame outside; undefined when the episode ended with the brick in the bucket. */
  until: number | undefined;
  /** Highest lift meanwhile. */
  liftM: number;
}

export interface EventLog {
  fps: number;
  /** One a frame, up to the last whose numbers are all finite; never empty but for an empty trajectory. */
  moments: Moment[];
  loads: Load[];
  /** For each brick the frame since which it lies in the box to the end, or undefined. */
  deliveredAt: (number | undefined)[];
  /** Frame of the last delivery, 0 without any: what failed, failed after it. */
  legFrom: number;
  /** Frame at which the loader last got on: loaded, delivered, or got nearer to what it must reach next. */
  lastProgress: number;
}

/** Reads the poses once. Pure. */
export function eventLog(trajectory: FailedTrajectory): EventLog {
  const { fps, start } = trajectory;
  const moments = readMoments(trajectory);
  const loads = start.bricks.flatMap((_, brick) => loadsOf(moments, brick, Math.round(T.loadedS * fps)));
  const deliveredAt = start.bricks.map((_, brick) => deliveredSince(moments, brick));
  const legFrom = Math.max(0, ...deliveredAt.map((frame) => frame ?? 0));
  const log = { fps, moments, loads, deliveredAt, legFrom, lastProgress: legFrom };
  return { ...log, lastProgress: lastProgress(log) };
}

/** Seconds from the start to a frame. */
export const secondsAt = (log: EventLog, frame: number): number => frame / log.fps;

/** Numbers of the bricks that are not in the box at the end. */
export const openBricks = (log: EventLog): number[] =>
  log.deliveredAt.flatMap((frame, brick) => (frame === undefined ? [brick] : []));

/** The bucket's distance to the nearest brick that still waits for it, or infinity. */
export function nearestOpen(log: EventLog, frame: number): { brick: number; gapM: number } {
  let nearest = { brick: -1, gapM: Number.POSITIVE_INFINITY };
  for (const brick of openBricks(log)) {
    const { gapM } = log.moments[frame].bricks[brick];
    if (gapM < nearest.gapM) nearest = { brick, gapM };
  }
  return nearest;
}

function readMoments({ start, frames, poses }: FailedTrajectory): Moment[] {
  const size = poseSize(start.bricks.length);
  const moments: Moment[] = [];
  let pathM = 0;
  for (let frame = 0; frame < frames; frame++) {
    const row = poses.subarray(frame * size, (frame + 1) * size);
    if (!row.every(Number.isFinite)) break;
    const before = moments.at(-1);
    if (before) pathM += distance(before.xM, before.zM, row[0], row[1]);
    moments.push(readMoment(row, pathM));
  }
  return moments;
}

function readMoment(row: Float32Array, pathM: number): Moment {
  const [xM, zM, headingRad, liftM, tiltRad] = row;
  const pose: LoaderPose = { xM, zM, headingRad, liftM, tiltRad };
  const bricks: BrickSight[] = [];
  for (let at = POSE_LOADER_SIZE; at < row.length; at += POSE_BRICK_SIZE)
    bricks.push(sightOf(pose, row[at], row[at + 1], row[at + 2]));
  const { chassis, bucket } = loaderFootprints(pose);
  const bucketIsLow = liftM < OVER_RIM_M;
  return {
    ...pose,
    pathM,
    touchesWall: Math.min(clearanceToWallsM(chassis), clearanceToWallsM(bucket)) < T.contactGapM,
    touchesBox:
      meet(chassis, BOX_FOOTPRINT, T.contactGapM) ||
      (bucketIsLow && meet(bucket, BOX_FOOTPRINT, T.contactGapM)),
    boxM: distanceToBoxM(xM, zM),
    loaded: bricks.some((brick) => brick.inBucket),
    bricks,
  };
}

function sightOf(pose: LoaderPose, xM: number, yM: number, zM: number): BrickSight {
  const [left, ahead] = inChassisFrame(pose, xM, zM);
  const gapM = gapTo(
    left,
    ahead,
    BUCKET.widthM / 2,
    BUCKET.pivotForwardM,
    BUCKET.pivotForwardM + BUCKET_TIP_M,
  );
  const half = LOADER.chassisLengthM / 2;
  const chassisGapM = gapTo(left, ahead, LOADER.chassisWidthM / 2, -half, half);
  return {
    xM,
    yM,
    zM,
    inBucket: isInBucket(pose, xM, yM, zM),
    insideBox: isInsideBox(xM, yM, zM),
    gapM,
    loaderGapM: Math.min(gapM, chassisGapM),
  };
}

function inChassisFrame(pose: LoaderPlace, xM: number, zM: number): [left: number, ahead: number] {
  const s = sin(pose.headingRad);
  const c = cos(pose.headingRad);
  const dx = xM - pose.xM;
  const dz = zM - pose.zM;
  return [dx * c - dz * s, dx * s + dz * c];
}

/** From a rectangle to a point, 0 inside. */
function gapTo(left: number, ahead: number, halfWidth: number, from: number, to: number): number {
  return distance(0, 0, Math.max(0, Math.abs(left) - halfWidth), Math.max(0, from - ahead, ahead - to));
}

export function distance(xM: number, zM: number, toXM: number, toZM: number): number {
  return Math.sqrt((toXM - xM) * (toXM - xM) + (toZM - zM) * (toZM - zM));
}

/** Times in the bucket of at least `settle` frames, parted by breaks of at least as long. */
function loadsOf(moments: readonly Moment[], brick: number, settle: number): Load[] {
  const loads: Load[] = [];
  let from = -1;
  let last = -1;
  const close = (until: number | undefined) => {
    if (from >= 0 && last - from + 1 >= settle) {
      const liftM = moments.slice(from, last + 1).reduce((most, { liftM: lift }) => Math.max(most, lift), 0);
      loads.push({ brick, from, until, liftM });
    }
    from = -1;
  };
  moments.forEach(({ bricks }, frame) => {
    if (bricks[brick].inBucket) {
      if (from < 0) from = frame;
      last = frame;
    } else if (from >= 0 && frame - last >= settle) close(last + 1);
  });
  close(last === moments.length - 1 ? undefined : last + 1);
  return loads;
}

function deliveredSince(moments: readonly Moment[], brick: number): number | undefined {
  let since: number | undefined;
  for (let frame = moments.length - 1; frame >= 0; frame--) {
    const { insideBox, inBucket } = moments[frame].bricks[brick];
    if (!insideBox || inBucket) break;
    since = frame;
  }
  return since;
}

/** Loaded: nearer to the box counts. Empty: nearer to a brick that is still to be fetched. */
function lastProgress(log: EventLog): number {
  const { moments, legFrom, loads } = log;
  const loadedAt = new Set(loads.filter(({ from }) => from > legFrom).map(({ from }) => from));
  let best = Number.POSITIVE_INFINITY;
  let last = legFrom;
  let wasLoaded: boolean | undefined;
  for (let frame = legFrom; frame < moments.length; frame++) {
    const loaded = loads.some(({ from, until }) => from <= frame && frame < (until ?? moments.length));
    const goalM = loaded ? moments[frame].boxM : nearestOpen(log, frame).gapM;
    if (loadedAt.has(frame)) last = frame;
    if (loaded !== wasLoaded) best = goalM;
    else if (goalM < best - T.progressM) {
      best = goalM;
      last = frame;
    }
    wasLoaded = loaded;
  }
  return last;
}
