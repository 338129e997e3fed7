/** Runs recorded actions again. */

import { controlPeriodS } from './control-period.ts';
import type { EpisodeStart } from './episode-start.ts';
import { taskOf } from './task-registry.ts';
import type { World } from './world.ts';

export interface Recorded {
  start: EpisodeStart;
  fps: number;
  /** frames x controls. */
  executedActions: Float32Array;
}

/**
 * Shows the world before each action, and that action, to `look`; returns the state hash after the last.
 * The start's task must have been loaded. The world is gone at the end.
 */
export function replay(
  { start, fps, executedActions }: Recorded,
  look: (world: World, executed: Float32Array) => void,
): string {
  const periodS = controlPeriodS(fps);
  const task = taskOf(start);
  const controls = task.robot.actionNames.length;
  const world: World = task.createWorld(start);
  try {
    for (let i = 0; i < executedActions.length; i += controls) {
      const executed = executedActions.subarray(i, i + controls);
      look(world, executed);
      world.step(executed, periodS);
    }
    return world.stateHash();
  } finally {
    world.dispose();
  }
}

/** The state hash after the last of `executedActions` (frames x controls): a trajectory's finalStateHash, or its code or data changed. */
export function replayFinalStateHash(
  start: EpisodeStart,
  fps: number,
  executedActions: Float32Array,
): string {
  return replay({ start, fps, executedActions }, () => {});
}
