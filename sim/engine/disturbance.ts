/** What can happen to an episode in the middle, from which the expert then recovers. */
import type { EpisodeStart } from './episode-start.ts';
import type { Rng } from './rng.ts';
import type { World } from './world.ts';

export interface Disturbance<
  Start extends EpisodeStart = EpisodeStart,
  W extends World<Start> = World<Start>,
> {
  /**
   * The world, driven by the expert to a moment that is drawn; the caller disposes of it.
   * @throws LeadInFailure when the expert does not solve the undisturbed episode
   */
  leadIn(start: Start, rng: Rng, fps: number): W;
  /**
   * Disturbs the world, which it may drive on, and returns the state that the expert is to recover from; null where
   * there is no room for it, or nothing left to recover.
   */
  apply(world: W, rng: Rng, fps: number): Start | null;
}

/** The expert did not get as far as the disturbance; the plain start is what it fails at. */
export class LeadInFailure extends Error {
  override name = 'LeadInFailure';
}
