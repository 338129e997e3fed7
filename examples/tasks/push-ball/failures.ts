/** Names why a rollout did not bring the ball to rest in the goal: the first rule that holds, in the order of the labels. */
import { isActionNumber } from 'brickyard/sim/engine/action-number.ts';
import type { FailedTrajectory, Failure } from 'brickyard/sim/engine/failure.ts';
import { ACTION_NAMES, ACTION_SIZE } from 'brickyard/sim/robots/wheel-loader/loader.ts';
import { distanceTo } from 'brickyard/sim/robots/wheel-loader/loader-pose.ts';
import { BALL_RADIUS_M, nearestWall } from './geometry.ts';
import { BALL_AT, type BallStart, POSE_SIZE } from './start.ts';

export const LABEL_MEANINGS = {
  BAD_ACTION: 'an output that is no action: NaN or far out of range',
  NEVER_REACHED_BALL: 'did not move the ball',
  OVERSHOT_GOAL: 'had the ball in the goal and did not leave it there',
  BALL_STUCK_AT_WALL: 'left the ball at a wall',
  LOST_BALL: 'pushed the ball, lost it and did not take it up again',
  TIMEOUT_PUSHING: 'was still pushing when time ran out',
} as const;

export type FailureLabel = keyof typeof LABEL_MEANINGS;
type Failed = FailedTrajectory<BallStart>;
type Finding = { frame: number; evidence: string } | undefined;

/** A ball that was moved by less was not pushed. */
const MOVED_M = 0.1;
/** A ball nearer to a wall than this lies at it, if it does so for as long. */
const AT_WALL = { gapM: 0.25, lastsS: 5 } as const;
/** A ball farther from the loader than this is not being pushed. */
const LOST_M = 2.2;

export function labelFailure(trajectory: Failed): Failure<FailureLabel> {
  const { frames, fps } = trajectory;
  const rows = Array.from({ length: frames }, (_, frame) => placesAt(trajectory, frame));
  for (const label of Object.keys(LABEL_MEANINGS) as FailureLabel[]) {
    const finding = RULES[label](trajectory, rows);
    if (!finding) continue;
    const { loader } = rows[finding.frame] ?? trajectory.start;
    const [x_m, z_m] = [loader.xM, loader.zM].map((value) => (Number.isFinite(value) ? value : 0));
    return { label, time_s: finding.frame / fps, x_m, z_m, evidence: finding.evidence };
  }
  throw new Error('no rule names this failure, though the last one always holds');
}

type Place = { xM: number; zM: number };
interface Row {
  loader: Place;
  ball: Place;
}

function placesAt({ poses }: Failed, frame: number): Row {
  const row = poses.subarray(frame * POSE_SIZE, (frame + 1) * POSE_SIZE);
  return { loader: { xM: row[0], zM: row[1] }, ball: { xM: row[BALL_AT], zM: row[BALL_AT + 2] } };
}

const apartM = (a: Place, b: Place): number => distanceTo(a, b.xM, b.zM);
const metres = (value: number): string => `${value.toFixed(2)} m`;

const RULES: Record<FailureLabel, (trajectory: Failed, rows: readonly Row[]) => Finding> = {
  BAD_ACTION({ actions, executedActions, outcome, frames }) {
    const asked = actions ?? executedActions;
    const index = asked.findIndex((value) => !isActionNumber(value));
    if (index < 0 && outcome !== 'bad-action' && outcome !== 'non-finite' && frames > 0) return undefined;
    const frame = index < 0 ? Math.max(0, frames - 1) : Math.floor(index / ACTION_SIZE);
    const what =
      index < 0
        ? `the episode ended (${outcome})`
        : `${ACTION_NAMES[index % ACTION_SIZE]} was ${asked[index]}`;
    return { frame, evidence: `${what} in frame ${frame}` };
  },

  NEVER_REACHED_BALL({ start }, rows) {
    if (rows.some(({ ball }) => apartM(ball, start.ball) > MOVED_M)) return undefined;
    const gaps = rows.map(({ loader, ball }) => apartM(loader, ball));
    const frame = gaps.indexOf(Math.min(...gaps));
    return { frame, evidence: `came no nearer to the ball than ${metres(gaps[frame])} and never moved it` };
  },

  OVERSHOT_GOAL({ start: { goal } }, rows) {
    const frame = rows.findLastIndex(({ ball }) => apartM(ball, goal) < goal.radiusM);
    if (frame < 0 || frame === rows.length - 1) return undefined;
    const offM = apartM(rows[rows.length - 1].ball, goal);
    return { frame, evidence: `had the ball in the goal and ended with it ${metres(offM)} from its middle` };
  },

  BALL_STUCK_AT_WALL({ fps }, rows) {
    const gapM = ({ ball }: Row) => nearestWall(ball.xM, ball.zM).gapM - BALL_RADIUS_M;
    const frame = rows.findLastIndex((row) => gapM(row) > AT_WALL.gapM) + 1;
    const lastsS = (rows.length - frame) / fps;
    if (lastsS < AT_WALL.lastsS) return undefined;
    return {
      frame,
      evidence: `the ball was within ${metres(AT_WALL.gapM)} of a wall for the last ${lastsS.toFixed(1)} s`,
    };
  },

  LOST_BALL(_, rows) {
    const frame = rows.findLastIndex(({ loader, ball }) => apartM(loader, ball) < LOST_M) + 1;
    if (frame === 0 || frame >= rows.length) return undefined;
    const { loader, ball } = rows[rows.length - 1];
    return { frame, evidence: `left the ball and ended ${metres(apartM(loader, ball))} away from it` };
  },

  TIMEOUT_PUSHING({ start: { goal }, outcome }, rows) {
    const frame = rows.length - 1;
    const offM = apartM(rows[frame].ball, goal);
    return {
      frame,
      evidence: `ended (${outcome}) with the ball ${metres(offM)} from the middle of the goal`,
    };
  },
};
