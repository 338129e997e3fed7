/** When an episode is over, and why. */
import { StuckDetector } from './stuck-detector.ts';
import type { Outcome } from './trajectory.ts';
import type { World } from './world.ts';

/** Decides after each control period whether the episode is over, and why. */
export class Ending {
  readonly #world: World;
  readonly #stuck = new StuckDetector();
  #outcome: Outcome | undefined;
  #successS = 0;
  readonly #afterSuccessS: number;

  /** @param afterSuccessS the longest that an episode continues after success, until the world is settled */
  constructor(world: World, afterSuccessS: number) {
    this.#world = world;
    this.#afterSuccessS = afterSuccessS;
  }

  /** When the task counted as done; undefined before. */
  get successS(): number | undefined {
    return this.#outcome === 'success' ? this.#successS : undefined;
  }

  reached(): boolean {
    const world = this.#world;
    if (this.#outcome === 'success') return this.#isSettled();
    if (!world.isFinite) this.#outcome = 'non-finite';
    else if (world.isDone) {
      this.#outcome = 'success';
      this.#successS = world.timeS;
      return this.#isSettled();
    } else if (world.lost !== undefined) this.#outcome = world.lost;
    else if (world.timeS >= world.start.timeLimitS) this.#outcome = 'timeout';
    else if (this.#stuck.isStuck(world)) this.#outcome = 'stuck';
    return this.#outcome !== undefined;
  }

  #isSettled(): boolean {
    return this.#world.isSettled || this.#world.timeS >= this.#successS + this.#afterSuccessS;
  }

  verdict(): { outcome: Outcome; detail: string } {
    const outcome = this.#outcome ?? 'timeout';
    if (outcome === 'success') return { outcome, detail: '' };
    const { timeS } = this.#world;
    return { outcome, detail: `${outcome} at ${timeS.toFixed(1)} s: ${this.#world.describe()}` };
  }
}
