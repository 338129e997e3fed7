/** Tells a world in which nothing moves any more. */
import type { World } from './world.ts';

/** Nothing has moved by more than this … */
const STILL = 0.04;
/** … for this long. */
export const STUCK_AFTER_S = 15;

export class StuckDetector {
  #anchor: number[] = [];
  #sinceS = 0;

  /** Call it once a control period. */
  isStuck(world: World): boolean {
    const now = world.positions();
    const moved =
      now.length !== this.#anchor.length || now.some((v, i) => Math.abs(v - this.#anchor[i]) > STILL);
    if (moved) {
      this.#anchor = now;
      this.#sinceS = world.timeS;
    }
    return world.timeS - this.#sinceS >= STUCK_AFTER_S;
  }
}
