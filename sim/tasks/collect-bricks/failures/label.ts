/** Names why a rollout failed: the first rule that holds, in the order of FAILURE_LABELS. */

import { ACTION_LIMIT, isActionNumber } from '../../../engine/action-number.ts';
import type { FailedTrajectory as StoredFailure, Failure as TaskFailure } from '../../../engine/failure.ts';
import { WHEEL_LOADER } from '../../../robots/wheel-loader/loader.ts';
import type { BricksStart } from '../start.ts';
import { eventLog } from './event-log.ts';
import { FAILURE_LABELS, type FailureLabel } from './labels.ts';
import { RULES } from './rules.ts';

type FailedTrajectory = StoredFailure<BricksStart>;
type Failure = TaskFailure<FailureLabel>;

const ACTION_NAMES = WHEEL_LOADER.actionNames;
const ACTION_SIZE = ACTION_NAMES.length;

/**
 * The failure's label with time, place and evidence. Pure: the same trajectory always gets the same label.
 * Throws for a success, which has no failure.
 */
export function labelFailure(trajectory: FailedTrajectory): Failure {
  if ((trajectory.outcome as string) === 'success') throw new Error('a success has no failure to label');
  const bad = badAction(trajectory);
  if (bad) return bad;
  const log = eventLog(trajectory);
  if (log.moments.length === 0)
    return {
      label: 'BAD_ACTION',
      ...startPlace(trajectory),
      time_s: 0,
      evidence: 'ended before its first frame',
    };
  for (const label of FAILURE_LABELS) {
    if (label === 'BAD_ACTION') continue;
    const finding = RULES[label](log, trajectory);
    if (finding) return { label, ...finding };
  }
  throw new Error('no rule names this failure, though the last one always holds');
}

function badAction(trajectory: FailedTrajectory): Failure | undefined {
  const { outcome, fps, frames } = trajectory;
  const asked = trajectory.actions ?? trajectory.executedActions;
  const index = asked.subarray(0, frames * ACTION_SIZE).findIndex((value) => !isActionNumber(value));
  if (index < 0 && outcome !== 'bad-action' && outcome !== 'non-finite') return undefined;
  const frame = index < 0 ? Math.max(0, frames - 1) : Math.floor(index / ACTION_SIZE);
  const evidence =
    index < 0
      ? `the episode ended (${outcome}) because of an action that is no number in [-${ACTION_LIMIT}, ${ACTION_LIMIT}]`
      : `${ACTION_NAMES[index % ACTION_SIZE]} was ${asked[index]} in frame ${frame}, which is no action: it must be a finite number in [-1, 1]`;
  return { label: 'BAD_ACTION', time_s: frame / fps, ...placeUpTo(trajectory, frame), evidence };
}

/** The loader's last finite place up to a frame. */
function placeUpTo(trajectory: FailedTrajectory, frame: number): { x_m: number; z_m: number } {
  const { poses, frames } = trajectory;
  const size = frames > 0 ? poses.length / frames : 0;
  for (let at = Math.min(frame, frames - 1); at >= 0; at--) {
    const [x_m, z_m] = poses.subarray(at * size, at * size + 2);
    if (Number.isFinite(x_m) && Number.isFinite(z_m)) return { x_m, z_m };
  }
  return startPlace(trajectory);
}

const startPlace = ({ start }: FailedTrajectory) => ({ x_m: start.loader.xM, z_m: start.loader.zM });
