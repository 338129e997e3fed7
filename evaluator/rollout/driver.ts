/** Who drives a rollout. A driver is asked once a frame and may take its time. */
import type { EpisodeRun } from '../../sim/engine/episode-run.ts';
import { Rng } from '../../sim/engine/rng.ts';
import { ACTION_SIZE } from '../../sim/engine/trajectory.ts';
import { expertAction, expertView } from '../../sim/tasks/collect-bricks/expert/expert.ts';
import type { Baseline } from './subject.ts';

export interface Driver {
  /** The action of the frame shown now; raw numbers, whatever they are. */
  act(run: EpisodeRun): Promise<ArrayLike<number>> | ArrayLike<number>;
  /** Frames at which a policy was asked, ascending. */
  readonly queryFrames: readonly number[];
  /** Seconds that it has waited for frames. */
  readonly drawS: number;
}

const quiet = (act: (run: EpisodeRun) => ArrayLike<number>): Driver => ({
  act,
  queryFrames: [],
  drawS: 0,
});

/** @param key names the random numbers: the same condition is driven the same way */
export function baselineDriver(kind: Baseline, key: string): Driver {
  if (kind === 'expert') return quiet(({ world }) => expertAction(expertView(world)).action);
  if (kind === 'zero') return quiet(() => [0, 0, 0, 0]);
  const rng = Rng.from('eval-random', key);
  return quiet(() => Array.from({ length: ACTION_SIZE }, () => rng.range(-1, 1)));
}

/** Recorded actions, frames x 4; after the last of them the loader stands still. */
export function replayDriver(actions: Float32Array): Driver {
  return quiet((run) => {
    const at = run.frames * ACTION_SIZE;
    return at < actions.length ? actions.subarray(at, at + ACTION_SIZE) : [0, 0, 0, 0];
  });
}
