/** What all kinds of disturbance of this task have in common: at which moment they happen, and what they do. */
import type { Rng } from '../../../engine/rng.ts';
import type { BricksStart } from '../start.ts';
import type { BricksWorld } from '../world.ts';
import type { Moment } from './moment.ts';

export interface Disturbance {
  moment: Moment;
  /**
   * Disturbs the world, which it may drive on, and returns the state that the expert is to recover from; null where
   * there is no room for it.
   */
  apply(world: BricksWorld, rng: Rng, fps: number): BricksStart | null;
}
