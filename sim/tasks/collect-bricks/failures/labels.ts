/** What each label of a failed rollout means. Rules are asked in this order; the first that holds names the failure. */

export const LABEL_MEANINGS = {
  BAD_ACTION: 'an output that is no action: NaN or far out of range',
  LIFT_STUCK: 'stood with the bucket up and got no further',
  WALL_STUCK: 'stood against a wall',
  BOX_COLLISION: 'stood against the box',
  SPINNING: 'turned round and round without progress',
  DROPPED_BRICK: 'lost a lifted brick on the way',
  MISSED_BOX: 'unloaded beside the box',
  PUSHED_BRICK_AWAY: 'shoved the brick instead of scooping it',
  MISSED_SCOOP: 'reached the brick and did not get it into the bucket',
  NO_APPROACH: 'came near nothing',
  TIMEOUT_PROGRESSING: 'was at work when time ran out',
} as const;

export type FailureLabel = keyof typeof LABEL_MEANINGS;
export const FAILURE_LABELS = Object.keys(LABEL_MEANINGS) as FailureLabel[];
