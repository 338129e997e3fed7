/**
 * Sizes and places of everything that does not change between episodes.
 * Metres, y up; a loader with heading h drives towards (x, z) = (sin h, cos h).
 */

import type { Rim } from '../../robots/wheel-loader/lift-and-tilt.ts';

/** The walls' inner faces stand at x, z = +-ARENA_HALF_M. */
export const ARENA_HALF_M = 8;
export const ARENA_WALL = { heightM: 0.6, thicknessM: 0.2 } as const;

/** The open box that bricks go into. */
export const BOX = {
  centreXM: -6,
  centreZM: -6,
  /** Half of the inner width, both ways. */
  innerHalfM: 0.9,
  wallThicknessM: 0.1,
  wallHeightM: 0.4,
} as const;
/** Half of the box's outer width: the rim. */
export const BOX_OUTER_HALF_M = BOX.innerHalfM + BOX.wallThicknessM;

/** The usual brick; scenarios may ask for others. */
export const BRICK = { lengthM: 0.4, heightM: 0.15, widthM: 0.2, edgeRadiusM: 0.03 } as const;

/** What holds up a bucket that is lowered onto the box. */
export const BOX_RIM: Rim = {
  centreXM: BOX.centreXM,
  centreZM: BOX.centreZM,
  halfM: BOX_OUTER_HALF_M,
  heightM: BOX.wallHeightM,
};
