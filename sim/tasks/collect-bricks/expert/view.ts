/** All that the expert may know: what camera and state reveal now. */

import { distanceTo, type LoaderPose } from '../../../robots/wheel-loader/loader-pose.ts';
import { isInsideBox } from '../success.ts';
import { visibleBricks } from '../visible-bricks.ts';
import type { BricksWorld } from '../world.ts';

export interface SeenBrick {
  xM: number;
  yM: number;
  zM: number;
  inBucket: boolean;
  insideBox: boolean;
}

export interface ExpertView {
  loader: LoaderPose;
  speedMps: number;
  /** The bricks in view, those in bucket and box among them. */
  bricks: SeenBrick[];
  /** Bricks that do not rest in the box, in view or not. */
  remaining: number;
}

/**
 * Further away a brick is less than 2 pixels of 96 wide, and a learner that cannot see it is told, at random as it
 * seems, to stop searching. The look-outs come nearer than this to every place of the arena.
 */
export const SIGHT_M = 10.5;

/** What the ego camera and the state reveal of the world now. */
export function expertView(world: BricksWorld): ExpertView {
  const all = world.bricks();
  const isNear = (index: number) => distanceTo(world.loader, all[index].xM, all[index].zM) < SIGHT_M;
  const seen = visibleBricks(world.loader, all, world.start.visual).filter(isNear);
  return {
    loader: world.loader,
    speedMps: world.speedMps,
    bricks: seen.map((index) => {
      const { xM, yM, zM, inBucket } = all[index];
      return { xM, yM, zM, inBucket, insideBox: isInsideBox(xM, yM, zM) };
    }),
    remaining: world.legosRemaining,
  };
}
