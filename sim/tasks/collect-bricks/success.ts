/** Which bricks are delivered, and when the job is done. */
import { ARENA_HALF_M, BOX } from './geometry.ts';

/** A heap may stand above the rim a little; a brick higher than this does not lie in the box. */
const HIGHEST_CENTRE_M = 0.75;

/** Whether a brick with this centre lies inside the box's walls. */
export function isInsideBox(xM: number, yM: number, zM: number): boolean {
  return (
    Math.abs(xM - BOX.centreXM) < BOX.innerHalfM &&
    Math.abs(zM - BOX.centreZM) < BOX.innerHalfM &&
    yM < HIGHEST_CENTRE_M
  );
}

/** Whether a brick with this centre has left the arena: beyond a wall, or through the floor. */
export function isOutOfArena(xM: number, yM: number, zM: number): boolean {
  const limit = ARENA_HALF_M + 0.1;
  return !(Math.abs(xM) < limit && Math.abs(zM) < limit && yM > -0.1 && yM < 4);
}
