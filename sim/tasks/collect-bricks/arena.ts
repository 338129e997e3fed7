/** The bodies that never move: floor, walls, box. */

import { GROUPS } from '../../engine/collision-groups.ts';
import { RAPIER } from '../../engine/physics.ts';
import { ARENA_HALF_M, BOX, BOX_OUTER_HALF_M } from './geometry.ts';

/** Walls are drawn lower; nothing may leave over them, so they go on upwards and outwards unseen. */
const WALL_HALF_HEIGHT_M = 2;
const WALL_HALF_THICKNESS_M = 0.5;

export function createArena(world: RAPIER.World, floorFriction: number): void {
  const floor = RAPIER.ColliderDesc.cuboid(ARENA_HALF_M + 4, 1, ARENA_HALF_M + 4)
    .setTranslation(0, -1, 0)
    .setFriction(floorFriction)
    .setCollisionGroups(GROUPS.floor);
  world.createCollider(floor);
  const reach = ARENA_HALF_M + WALL_HALF_THICKNESS_M;
  const length = ARENA_HALF_M + 2 * WALL_HALF_THICKNESS_M;
  for (const side of [-1, 1]) {
    addWall(world, side * reach, 0, WALL_HALF_THICKNESS_M, length, WALL_HALF_HEIGHT_M);
    addWall(world, 0, side * reach, length, WALL_HALF_THICKNESS_M, WALL_HALF_HEIGHT_M);
  }
  createBox(world);
}

function createBox(world: RAPIER.World): void {
  const half = BOX.wallThicknessM / 2;
  const middle = BOX.innerHalfM + half;
  for (const side of [-1, 1]) {
    const { centreXM: x, centreZM: z, wallHeightM } = BOX;
    addWall(world, x + side * middle, z, half, BOX_OUTER_HALF_M, wallHeightM / 2);
    addWall(world, x, z + side * middle, BOX_OUTER_HALF_M, half, wallHeightM / 2);
  }
}

function addWall(
  world: RAPIER.World,
  xM: number,
  zM: number,
  halfXM: number,
  halfZM: number,
  halfHeightM: number,
): void {
  const wall = RAPIER.ColliderDesc.cuboid(halfXM, halfHeightM, halfZM)
    .setTranslation(xM, halfHeightM, zM)
    .setFriction(0.4)
    .setCollisionGroups(GROUPS.static);
  world.createCollider(wall);
}
