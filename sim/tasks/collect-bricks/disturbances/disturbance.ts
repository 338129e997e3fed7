/** What all kinds of disturbance have in common. */

import type { Rng } from '../../../engine/rng.ts';
import type { EpisodeStart } from '../episode-start.ts';
import type { World } from '../world.ts';
import type { Moment } from './moment.ts';

export interface Disturbance {
  moment: Moment;
  /**
   * Disturbs the world, which it may drive on, and returns the state that the expert is to recover from; null where
   * there is no room for it.
   */
  apply(world: World, rng: Rng, fps: number): EpisodeStart | null;
}
