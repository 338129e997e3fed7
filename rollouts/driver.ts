/** Who drives a rollout. A driver is asked once a frame and may take its time. */

import type { Environment } from '../sim/engine/environment.ts';
import { Rng } from '../sim/engine/rng.ts';
import { taskOf } from '../sim/engine/task-registry.ts';
import type { Baseline } from './subject.ts';

export interface Driver {
  /** The action of the frame shown now; raw numbers, whatever they are. */
  act(run: Environment): Promise<ArrayLike<number>> | ArrayLike<number>;
  /** Frames at which a policy was asked, ascending. */
  readonly queryFrames: readonly number[];
  /** Seconds that it has waited for frames. */
  readonly drawS: number;
}

const quiet = (act: (run: Environment) => ArrayLike<number>): Driver => ({
  act,
  queryFrames: [],
  drawS: 0,
});

/** @param key names the random numbers: the same condition is driven the same way */
export function baselineDriver(kind: Baseline, key: string): Driver {
  if (kind === 'expert') return quiet(({ world }) => taskOf(world.start).expert(world));
  if (kind === 'zero') return quiet(({ spec }) => spec.actionNames.map(() => 0));
  const rng = Rng.from('eval-random', key);
  return quiet(({ spec }) => spec.actionNames.map(() => rng.range(-1, 1)));
}

/** Recorded actions, frames x controls; after the last of them the robot stands still. */
export function replayDriver(actions: Float32Array): Driver {
  return quiet((run) => {
    const controls = run.spec.actionNames.length;
    const at = run.frames * controls;
    return at < actions.length ? actions.subarray(at, at + controls) : new Float32Array(controls);
  });
}
