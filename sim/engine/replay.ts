/** Runs recorded actions again. */

import type { EpisodeStart } from '../tasks/collect-bricks/episode-start.ts';
import { World } from '../tasks/collect-bricks/world.ts';
import { controlPeriodS } from './control-period.ts';
import { ACTION_SIZE } from './trajectory.ts';

export interface Recorded {
  start: EpisodeStart;
  fps: number;
  /** frames x 4. */
  executedActions: Float32Array;
}

/**
 * Shows the world before each action, and that action, to `look`; returns the state hash after the last.
 * `loadPhysics` must have been awaited. The world is gone at the end.
 */
export function replay(
  { start, fps, executedActions }: Recorded,
  look: (world: World, executed: Float32Array) => void,
): string {
  const periodS = controlPeriodS(fps);
  const world = World.create(start);
  try {
    for (let i = 0; i < executedActions.length; i += ACTION_SIZE) {
      const executed = executedActions.subarray(i, i + ACTION_SIZE);
      look(world, executed);
      world.step(executed, periodS);
    }
    return world.stateHash();
  } finally {
    world.dispose();
  }
}

/** The state hash after the last of `executedActions` (frames x 4): a trajectory's finalStateHash, or its code or data changed. */
export function replayFinalStateHash(
  start: EpisodeStart,
  fps: number,
  executedActions: Float32Array,
): string {
  return replay({ start, fps, executedActions }, () => {});
}
