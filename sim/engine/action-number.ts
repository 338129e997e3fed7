/** Whether what a policy answered is an action at all. */

/** Beyond it a number is no action that is a little out of range, but a policy gone wrong. */
export const ACTION_LIMIT = 2;

/** Finite, and not far out of [-1, 1]. */
export const isActionNumber = (value: number): boolean =>
  Number.isFinite(value) && Math.abs(value) <= ACTION_LIMIT;
