/** When an episode is over, and why. */

import type { Outcome } from '../../engine/trajectory.ts';
import { StuckDetector } from './stuck-detector.ts';
import type { World } from './world.ts';

/** Decides after each control period whether the episode is over, and why. */
export class Ending {
  readonly #world: World;
  readonly #stuck = new StuckDetector();
  #outcome: Outcome | undefined;
  #successS = 0;
  readonly #afterSuccessS: number;

  /** @param afterSuccessS the longest that an episode goes on, until the bucket is down and level */
  constructor(world: World, afterSuccessS: number) {
    this.#world = world;
    this.#afterSuccessS = afterSuccessS;
  }

  /** When the last brick counted as delivered; undefined before. */
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
    } else if (world.lostBrick() >= 0) this.#outcome = 'brick-lost';
    else if (world.timeS >= world.start.timeLimitS) this.#outcome = 'timeout';
    else if (this.#stuck.isStuck(world)) this.#outcome = 'stuck';
    return this.#outcome !== undefined;
  }

  #isSettled(): boolean {
    const { loader, timeS } = this.#world;
    const lowered = loader.liftM < 0.02 && Math.abs(loader.tiltRad) < 0.02;
    return lowered || timeS >= this.#successS + this.#afterSuccessS;
  }

  verdict(): { outcome: Outcome; detail: string } {
    const world = this.#world;
    const outcome = this.#outcome ?? 'timeout';
    if (outcome === 'success') return { outcome, detail: '' };
    const { xM, zM, headingRad, liftM } = world.loader;
    const bricks = world.bricks();
    const lost = world.lostBrick();
    const open = bricks.findIndex((brick) => !brick.insideBox);
    const index = lost >= 0 ? lost : open;
    const place = (x: number, z: number) => `(${x.toFixed(2)}, ${z.toFixed(2)})`;
    const brick = index < 0 ? '' : `, brick ${index} at ${place(bricks[index].xM, bricks[index].zM)}`;
    const loader = `loader at ${place(xM, zM)} heading ${headingRad.toFixed(2)} lift ${liftM.toFixed(2)}`;
    return {
      outcome,
      detail: `${outcome} at ${world.timeS.toFixed(1)} s: ${loader}, ${world.legosRemaining} of ${bricks.length} bricks remaining${brick}`,
    };
  }
}
