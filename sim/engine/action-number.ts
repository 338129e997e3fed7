/** Whether what a policy answered is an action at all. */

/** A number beyond this is not an action: the range is [-1, 1], and a small overshoot is merely clamped. */
export const ACTION_LIMIT = 2;

/** Finite, and not far out of [-1, 1]. */
export const isActionNumber = (value: number): boolean =>
  Number.isFinite(value) && Math.abs(value) <= ACTION_LIMIT;
