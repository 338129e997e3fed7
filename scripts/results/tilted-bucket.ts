/** How much of its way to a brick a policy went with a bucket that the expert would have brought level. */

import { join } from 'node:path';
import { readRollout } from '../../evaluator/compare/rollout-folder.ts';
import { readTrajectory } from '../../rollouts/trajectory-file.ts';
import { replay } from '../../sim/engine/replay.ts';
import { expertAction, expertView } from '../../sim/tasks/collect-bricks/expert/expert.ts';
import type { BricksWorld } from '../../sim/tasks/collect-bricks/world.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';

/** Phases of the expert in which the bucket is empty and on its way to a brick. */
const ON_THE_WAY: readonly string[] = ['search', 'approach', 'turn'];
const TILTED_RAD = 0.1;
const LONG_S = 5;

export interface TiltedBucket {
  /** Of one brick each. */
  episodes: number;
  /** With the bucket tilted for more than LONG_S at a stretch. */
  long: number;
  frames: number;
  /** Of these, with the bucket tilted. */
  tilted: number;
}

/** Replays the episodes of one brick of a finished rollout. */
export async function tiltedBucket(folder: string): Promise<TiltedBucket> {
  await loadTask();
  const found: TiltedBucket = { episodes: 0, long: 0, frames: 0, tilted: 0 };
  for (const { bricks, trajectory: file } of readRollout(folder, folder).results) {
    if (bricks !== 1 || !file) continue;
    const trajectory = readTrajectory(join(folder, file));
    let [stretch, longest] = [0, 0];
    replay(trajectory, (state) => {
      const world = state as BricksWorld;
      const onTheWay = ON_THE_WAY.includes(expertAction(expertView(world)).phase);
      const isTilted = onTheWay && world.loader.tiltRad > TILTED_RAD;
      found.frames += Number(onTheWay);
      found.tilted += Number(isTilted);
      stretch = isTilted ? stretch + 1 : 0;
      longest = Math.max(longest, stretch);
    });
    found.episodes++;
    found.long += Number(longest > LONG_S * trajectory.fps);
  }
  return found;
}

export function tiltedBucketLine({ episodes, long, frames, tilted }: TiltedBucket): string {
  const percent = ((100 * tilted) / Math.max(1, frames)).toFixed(0);
  return `the bucket is tilted in ${percent} % of ${frames} frames on the way to a brick, for more than ${LONG_S} s at a stretch in ${long} of ${episodes} episodes`;
}
