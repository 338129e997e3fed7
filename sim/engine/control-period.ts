/** Control rates that the physics rate is a whole multiple of. */
import { InputError } from '../errors.ts';

/** Physics steps a second, for every robot and task. */
export const PHYSICS_HZ = 120;

/** Rates outside of it were never tried. */
const FPS_RANGE = { min: 5, max: 60 } as const;

/** Frames per second at which a robot can be controlled and seen. */
export const ALLOWED_FPS: readonly number[] = Array.from({ length: PHYSICS_HZ }, (_, i) => i + 1).filter(
  (fps) => PHYSICS_HZ % fps === 0 && fps >= FPS_RANGE.min && fps <= FPS_RANGE.max,
);
export const DEFAULT_FPS = 10;

/**
 * Seconds for which an action is held.
 * @throws InputError when the physics rate is no multiple of it.
 */
export function controlPeriodS(fps: number): number {
  if (!ALLOWED_FPS.includes(fps)) {
    throw new InputError(
      `fps is ${fps}, which does not divide ${PHYSICS_HZ} Hz: use one of ${ALLOWED_FPS.join(', ')}`,
    );
  }
  return 1 / fps;
}
