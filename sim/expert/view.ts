/** All that the expert may know: what camera and state reveal now. */
import { visibleBricks } from '../camera.ts';
import type { LoaderPose } from '../loader-pose.ts';
import { isInsideBox } from '../success.ts';
import type { World } from '../world.ts';

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

/** What the ego camera and the state reveal of the world now. */
export function expertView(world: World): ExpertView {
  const all = world.bricks();
  const seen = visibleBricks(world.loader, all, world.start.visual);
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
