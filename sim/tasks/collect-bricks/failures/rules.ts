/** One rule a label. A rule reads the event log and answers with the place that shows it best, or with nothing. */

import type { Failure } from '../../../engine/failure.ts';
import { TWO_PI } from '../../../engine/math.ts';
import { distanceToBoxM } from '../footprint.ts';
import { longestStay } from './dwell.ts';
import {
  distance,
  type EventLog,
  type FailedTrajectory,
  type Load,
  type Moment,
  nearestOpen,
  openBricks,
  secondsAt,
} from './event-log.ts';
import type { FailureLabel } from './labels.ts';
import { FAILURE_THRESHOLDS as T } from './thresholds.ts';

type Finding = Omit<Failure, 'label'>;
type Rule = (log: EventLog, trajectory: FailedTrajectory) => Finding | undefined;

const metres = (value: number): string => `${value.toFixed(2)} m`;
const seconds = (value: number): string => `${value.toFixed(1)} s`;
const place = (xM: number, zM: number): string => `(${xM.toFixed(2)}, ${zM.toFixed(2)})`;

function at(log: EventLog, frame: number, evidence: string, where?: { xM: number; zM: number }): Finding {
  const { xM, zM } = where ?? log.moments[frame];
  return { time_s: round(secondsAt(log, frame), 3), x_m: round(xM, 3), z_m: round(zM, 3), evidence };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits)) + 0;
}

const liftStuck: Rule = (log) => {
  const stay = longestStay(log, log.lastProgress, (m) => isUpAtWork(m));
  if (!stay || stay.lastsS < T.liftStuckS) return undefined;
  const { liftM, boxM, loaded } = log.moments[stay.from];
  return at(
    log,
    stay.from,
    `stood for ${seconds(stay.lastsS)} with the ${loaded ? 'loaded' : 'empty'} bucket at ${metres(liftM)}, ${metres(boxM)} from the box, and got no further`,
  );
};

/** Bucket up, and about the box; a load may be stuck anywhere. */
const isUpAtWork = ({ liftM, boxM, loaded }: Moment): boolean =>
  liftM >= T.liftUpM && (boxM <= T.liftStuckBoxM || loaded);

const wallStuck: Rule = (log) => {
  const stay = longestStay(log, log.lastProgress, (m) => m.touchesWall && m.pathM > T.drivenM);
  if (!stay || stay.lastsS < T.wallStuckS) return undefined;
  return at(log, stay.from, `stood against a wall for ${seconds(stay.lastsS)} without moving on`);
};

const boxCollision: Rule = (log) => {
  const stay = longestStay(log, log.lastProgress, (m) => m.touchesBox && m.pathM > T.drivenM);
  if (!stay || stay.lastsS < T.boxStuckS) return undefined;
  const { liftM } = log.moments[stay.from];
  return at(
    log,
    stay.from,
    `stood against the box for ${seconds(stay.lastsS)} with the bucket at ${metres(liftM)}, which does not clear its rim or was driven in too far`,
  );
};

const spinning: Rule = (log) => {
  let low = log.lastProgress;
  let high = log.lastProgress;
  for (let frame = log.lastProgress; frame < log.moments.length; frame++) {
    const { headingRad } = log.moments[frame];
    if (headingRad < log.moments[low].headingRad) low = frame;
    if (headingRad > log.moments[high].headingRad) high = frame;
  }
  const turns = (log.moments[high].headingRad - log.moments[low].headingRad) / TWO_PI;
  if (turns < T.spinTurns) return undefined;
  const [from, to] = low < high ? [low, high] : [high, low];
  const { gapM } = nearestOpen(log, from);
  return at(
    log,
    from,
    `turned ${turns.toFixed(1)} times to the ${low < high ? 'left' : 'right'} in ${seconds(secondsAt(log, to - from))} and came no nearer to a brick than ${metres(gapM)}`,
  );
};

/** The last load of a brick that is out of the bucket again, not in the box, and was lifted. */
function lostLoads(log: EventLog): { load: Load; landed: number }[] {
  const settle = Math.round(T.landingS * log.fps);
  return openBricks(log).flatMap((brick) => {
    const load = log.loads.filter((one) => one.brick === brick).at(-1);
    if (load?.until === undefined || load.liftM < T.carriedLiftM) return [];
    return [{ load, landed: Math.min(log.moments.length - 1, load.until + settle) }];
  });
}

function landing(log: EventLog, isNearBox: boolean): Finding | undefined {
  for (const { load, landed } of lostLoads(log)) {
    const { xM, zM } = log.moments[landed].bricks[load.brick];
    const offM = distanceToBoxM(xM, zM);
    if (offM <= T.missedBoxM !== isNearBox) continue;
    const out = load.until as number;
    const { liftM, tiltRad } = log.moments[out];
    const how = `brick ${load.brick} left the bucket at lift ${metres(liftM)} and tilt ${tiltRad.toFixed(2)} rad`;
    const where = isNearBox
      ? `and came down beside the box, ${metres(offM)} from its rim`
      : `and fell to the floor at ${place(xM, zM)}, ${metres(offM)} from the box`;
    return at(log, out, `${how} ${where}; it was not picked up again`, { xM, zM });
  }
  return undefined;
}

const pushedAway: Rule = (log, { outcome }) => {
  for (const brick of openBricks(log)) {
    const shove = shoveOf(log, brick);
    const isLost = outcome === 'brick-lost' && shove.farM > 0;
    if (shove.farM < T.pushedM && !isLost) continue;
    const { xM, zM } = log.moments[shove.frame].bricks[brick];
    return at(
      log,
      shove.frame,
      `shoved brick ${brick} over the floor by ${metres(shove.farM)} to ${place(xM, zM)} without scooping it${isLost ? ', and out of the arena' : ''}`,
      { xM, zM },
    );
  }
  return undefined;
};

/** How far the loader has shoved a brick since it last lay in the bucket, and when the shoving was over. */
function shoveOf(log: EventLog, brick: number): { farM: number; frame: number } {
  let x = 0;
  let z = 0;
  let far = { farM: 0, frame: 0 };
  const lastOut = log.loads.filter((load) => load.brick === brick).at(-1);
  const from = lastOut ? (lastOut.until ?? log.moments.length) : 0;
  for (let frame = from + 1; frame < log.moments.length; frame++) {
    const before = log.moments[frame - 1].bricks[brick];
    const now = log.moments[frame].bricks[brick];
    const isOnFloor = now.yM < T.liftUpM && !now.inBucket && !before.inBucket;
    if (!isOnFloor || before.loaderGapM > T.pushGapM) continue;
    x += now.xM - before.xM;
    z += now.zM - before.zM;
    const farM = distance(0, 0, x, z);
    if (farM > far.farM + T.shoveStepM) far = { farM, frame };
  }
  return far;
}

const missedScoop: Rule = (log) => {
  for (const brick of openBricks(log)) {
    const visit = visitOf(log, brick);
    if (!visit) continue;
    const { xM, zM } = log.moments[visit.frame].bricks[brick];
    return at(
      log,
      visit.frame,
      `reached brick ${brick} to ${metres(visit.gapM)} of the bucket and ${visit.left ? 'left without it' : `had not loaded it ${seconds(visit.lastsS)} later`}`,
      { xM, zM },
    );
  }
  return undefined;
};

/** The closest visit of the bucket to a brick that it left, or did not load in good time. Not while it is loaded. */
function visitOf(log: EventLog, brick: number) {
  const kept = log.loads.some((load) => load.brick === brick && load.until === undefined);
  if (kept) return undefined;
  let reached = -1;
  let best = { frame: -1, gapM: Number.POSITIVE_INFINITY };
  for (let frame = log.legFrom; frame < log.moments.length; frame++) {
    const { gapM } = log.moments[frame].bricks[brick];
    if (gapM <= T.reachM && reached < 0) reached = frame;
    if (gapM <= T.reachM && gapM < best.gapM) best = { frame, gapM };
    if (reached >= 0 && gapM >= T.leftM) return { ...best, left: true, lastsS: 0 };
  }
  const lastsS = secondsAt(log, log.moments.length - 1 - reached);
  return reached >= 0 && lastsS >= T.reachS ? { ...best, left: false, lastsS } : undefined;
}

/** Not at work at the end: in its last seconds neither nearer to the next thing to reach than ever before, nor just loaded or delivered. */
const noApproach: Rule = (log) => {
  const end = log.moments.length - 1;
  const earlier = Math.max(log.legFrom, Math.round(end - T.progressingS * log.fps));
  const isNew = log.loads.some(({ from, until }) => from >= earlier && until === undefined);
  const isLegNew = log.legFrom > 0 && earlier === log.legFrom;
  const closest = closestFrame(log, log.legFrom, end);
  const gainM = goalM(log, closestFrame(log, log.legFrom, earlier)) - goalM(log, closest);
  if (isNew || isLegNew || gainM >= T.progressedM || !Number.isFinite(goalM(log, closest))) return undefined;
  const drivenM = log.moments[end].pathM - log.moments[log.legFrom].pathM;
  const goal = log.moments[end].loaded ? 'to the box with its load' : 'to a brick';
  const evidence = `drove ${metres(drivenM)} in ${seconds(secondsAt(log, end - log.legFrom))} and came no nearer ${goal} than ${metres(goalM(log, closest))}`;
  return at(log, closest, evidence);
};

/** The frame nearest to the goal, among those with a load if there is one at the end, else among those without. */
function closestFrame(log: EventLog, from: number, to: number): number {
  const { loaded } = log.moments[log.moments.length - 1];
  let closest = from;
  for (let frame = from; frame <= to; frame++)
    if (log.moments[frame].loaded === loaded && goalM(log, frame) < goalM(log, closest)) closest = frame;
  return closest;
}

/** To what must be reached next: the box with a load, else the nearest brick. */
function goalM(log: EventLog, frame: number): number {
  const { loaded, boxM } = log.moments[frame];
  return loaded ? boxM : nearestOpen(log, frame).gapM;
}

/** What is left: the loader was at work when the episode ended, or no other rule explains it. */
const timeoutProgressing: Rule = (log, { outcome }) => {
  const end = log.moments.length - 1;
  const { loaded, boxM } = log.moments[end];
  const { gapM } = nearestOpen(log, end);
  const left = openBricks(log).length;
  const doing = loaded
    ? `carrying a brick ${metres(boxM)} from the box`
    : Number.isFinite(gapM)
      ? `${metres(gapM)} from the next brick`
      : 'done with all bricks, which had not come to rest';
  const ago = secondsAt(log, end - log.lastProgress);
  const evidence = `ended (${outcome}) after ${seconds(secondsAt(log, end))} while ${doing}, ${left} of ${log.deliveredAt.length} bricks to go; last progress ${seconds(ago)} before`;
  return at(log, end, evidence);
};

/** Keyed by label; asked in the order of FAILURE_LABELS. BAD_ACTION needs no poses and is asked before. */
export const RULES: Record<Exclude<FailureLabel, 'BAD_ACTION'>, Rule> = {
  LIFT_STUCK: liftStuck,
  WALL_STUCK: wallStuck,
  BOX_COLLISION: boxCollision,
  SPINNING: spinning,
  DROPPED_BRICK: (log) => landing(log, false),
  MISSED_BOX: (log) => landing(log, true),
  PUSHED_BRICK_AWAY: pushedAway,
  MISSED_SCOOP: missedScoop,
  NO_APPROACH: noApproach,
  TIMEOUT_PROGRESSING: timeoutProgressing,
};
