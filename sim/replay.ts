/** Runs recorded actions again. */

import { controlPeriodS } from './control-period.ts';
import type { EpisodeStart } from './episode-start.ts';
import { ACTION_SIZE } from './trajectory.ts';
import { World } from './world.ts';

/** The state hash after the last of `executedActions` (frames x 4): a trajectory's finalStateHash, or its code or data changed. */
export function replayFinalStateHash(
  start: EpisodeStart,
  fps: number,
  executedActions: Float32Array,
): string {
  const periodS = controlPeriodS(fps);
  const world = World.create(start);
  try {
    for (let i = 0; i < executedActions.length; i += ACTION_SIZE) {
      world.step(executedActions.subarray(i, i + ACTION_SIZE), periodS);
    }
    return world.stateHash();
  } finally {
    world.dispose();
  }
}
