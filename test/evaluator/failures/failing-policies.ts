/** Policies that each fail in one way, and the starts to fail from. */

import { syncPolicy } from '../../../sim/engine/policies.ts';
import type { SyncPolicy } from '../../../sim/engine/policy.ts';
import { taskOf } from '../../../sim/engine/task-registry.ts';
import type { World } from '../../../sim/engine/world.ts';
import type { BricksStart } from '../../../sim/tasks/collect-bricks/start.ts';
import type { BricksWorld } from '../../../sim/tasks/collect-bricks/world.ts';
import { fixedBrick, fixedStart } from '../../sim/fixed-starts.ts';

export type Drive = readonly [steering: number, throttle: number, bucket: number, lift: number];

/** The same action for ever. */
export const always = (...action: Drive): SyncPolicy => syncPolicy(() => () => ({ action }));

const expertAction = (world: World) => ({ action: taskOf(world.start).expert(world) });

/** What `choose` says now; the expert where it says nothing. */
export const expertBut = (choose: (world: BricksWorld) => Drive | undefined): SyncPolicy =>
  syncPolicy(() => ({ world }) => {
    const action = choose(world as BricksWorld);
    return action ? { action } : expertAction(world);
  });

type Part = readonly [seconds: number, ...Drive];

/** Actions each held for some seconds, then none. */
export const script = (...parts: readonly Part[]): SyncPolicy => spoil(() => true, ...parts);

/** The expert until `when` first holds; from then on the parts, each for its seconds, then nothing. */
export function spoil(when: (world: BricksWorld) => boolean, ...parts: readonly Part[]): SyncPolicy {
  return syncPolicy(() => {
    let sinceS = -1;
    return ({ world }) => {
      if (sinceS < 0 && when(world as BricksWorld)) sinceS = world.timeS;
      if (sinceS < 0) return expertAction(world);
      let untilS = sinceS;
      for (const [seconds, ...action] of parts) {
        untilS += seconds;
        if (world.timeS < untilS - 1e-9) return { action };
      }
      return { action: [0, 0, 0, 0] };
    };
  });
}

/** One brick, and a loader that stands where it is told. */
export function startAt(
  loader: Partial<BricksStart['loader']>,
  brick: readonly [xM: number, zM: number],
  timeLimitS = 40,
): BricksStart {
  return fixedStart('made', {
    loader: { xM: 0, zM: 0, headingRad: 0, liftM: 0, tiltRad: 0, ...loader },
    bricks: [fixedBrick(brick[0], brick[1], 0)],
    timeLimitS,
  });
}

export const isLoaded = (world: BricksWorld): boolean => world.bricks().some(({ inBucket }) => inBucket);
