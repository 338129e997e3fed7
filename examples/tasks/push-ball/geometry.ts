/**
 * The rink: eight walls round a level floor, and how large things in it are. Corners of 135 degrees, so that a ball in
 * one can still be pushed along a wall and round; in a right-angled corner no loader could get behind it.
 * Metres, y up; wall number k stands in the direction (sin, cos) of k times 45 degrees from the middle.
 */
import { cos, PI, sin } from 'brickyard/sim/engine/math.ts';

/** A little narrower than the bucket, whose sides then hold the ball while it is pushed. */
export const BALL_RADIUS_M = 0.4;
/** From the middle to the inner face of each wall. */
export const RINK_M = 7;
export const WALL = { heightM: 0.6, thicknessM: 0.2 } as const;

/** Directions from the middle to the walls, as [x, z]. */
export const WALL_NORMALS = Array.from({ length: 8 }, (_, k): readonly [number, number] => [
  sin((k * PI) / 4),
  cos((k * PI) / 4),
]);

/** Clear floor between a point and the nearest wall, and which way that wall is. */
export function nearestWall(xM: number, zM: number): { gapM: number; normal: readonly [number, number] } {
  const reach = ([x, z]: readonly [number, number]) => x * xM + z * zM;
  const normal = WALL_NORMALS.reduce((best, one) => (reach(one) > reach(best) ? one : best));
  return { gapM: RINK_M - reach(normal), normal };
}
