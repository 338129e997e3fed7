/** What stands still: a tiled floor, four walls, and the open box with its rim. */

import { MeshBuilder, type Point, type Rgb } from '../../engine/scene/mesh-builder.ts';
import { ARENA_HALF_M, ARENA_WALL, BOX, BOX_OUTER_HALF_M } from './geometry.ts';

/**
 * Floor tiles, side in metres; every other one is a little darker, so that motion can be seen. Tiles of 1 m and
 * 0.93 took the encoder 0.2 ms a frame longer.
 */
const TILE_M = 2;
const DARK_TILE = 0.955;
const BOX_RGB: Rgb = [0.55, 0.36, 0.19];
const BOX_RIM_RGB: Rgb = [0.8, 0.6, 0.36];
const BOX_FLOOR_RGB: Rgb = [0.36, 0.24, 0.14];
const BOX_FLOOR_Y_M = 0.004;
const WALL_TOP_SHADE = 0.8;

const shaded = (color: Rgb, factor: number): Rgb => [color[0] * factor, color[1] * factor, color[2] * factor];

/** The floor inside the walls, as a chessboard of tiles. */
export function floorMesh(color: Rgb): MeshBuilder {
  const builder = new MeshBuilder();
  const dark = shaded(color, DARK_TILE);
  const tiles = Math.round((2 * ARENA_HALF_M) / TILE_M);
  for (let i = 0; i < tiles; i++) {
    for (let j = 0; j < tiles; j++) {
      const x = i * TILE_M - ARENA_HALF_M;
      const z = j * TILE_M - ARENA_HALF_M;
      rectangle(builder, x, z, x + TILE_M, z + TILE_M, 0, (i + j) % 2 ? dark : color);
    }
  }
  return builder;
}

/** The four walls, and the box with a light rim and a floor of its own a hair above the arena's. */
export function wallsAndBoxMesh(wallColor: Rgb): MeshBuilder {
  const builder = new MeshBuilder();
  const outer = ARENA_HALF_M + ARENA_WALL.thicknessM;
  const wallTop = shaded(wallColor, WALL_TOP_SHADE);
  frame(builder, 0, 0, ARENA_HALF_M, outer, ARENA_WALL.heightM, wallColor, wallTop);
  const { centreXM: x, centreZM: z, innerHalfM: half, wallHeightM } = BOX;
  frame(builder, x, z, half, BOX_OUTER_HALF_M, wallHeightM, BOX_RGB, BOX_RIM_RGB);
  rectangle(builder, x - half, z - half, x + half, z + half, BOX_FLOOR_Y_M, BOX_FLOOR_RGB);
  return builder;
}

/** The walls that cast shadows on the floor, as plain boxes. */
export function addArenaShadow(builder: MeshBuilder): void {
  const walls = (x: number, z: number, inner: number, outer: number, height: number) => {
    builder.box([x - outer, 0, z - outer], [x - inner, height, z + outer], BOX_RGB);
    builder.box([x + inner, 0, z - outer], [x + outer, height, z + outer], BOX_RGB);
    builder.box([x - inner, 0, z - outer], [x + inner, height, z - inner], BOX_RGB);
    builder.box([x - inner, 0, z + inner], [x + inner, height, z + outer], BOX_RGB);
  };
  walls(BOX.centreXM, BOX.centreZM, BOX.innerHalfM, BOX_OUTER_HALF_M, BOX.wallHeightM);
  walls(0, 0, ARENA_HALF_M, ARENA_HALF_M + ARENA_WALL.thicknessM, ARENA_WALL.heightM);
}

function rectangle(
  builder: MeshBuilder,
  x0: number,
  z0: number,
  x1: number,
  z1: number,
  y: number,
  color: Rgb,
): void {
  builder.polygon(
    [
      [x0, y, z1],
      [x1, y, z1],
      [x1, y, z0],
      [x0, y, z0],
    ],
    color,
  );
}

/** A square ring of walls around (x, z): inner faces, outer faces and the top between them. */
function frame(
  builder: MeshBuilder,
  x: number,
  z: number,
  inner: number,
  outer: number,
  height: number,
  side: Rgb,
  top: Rgb,
): void {
  const corner = (half: number, turn: number, y: number): Point => {
    const sx = turn === 0 || turn === 3 ? 1 : -1;
    const sz = turn < 2 ? 1 : -1;
    return [x + sx * half, y, z + sz * half];
  };
  for (let turn = 0; turn < 4; turn++) {
    const next = (turn + 1) % 4;
    const ring = (half: number, y: number) => [corner(half, turn, y), corner(half, next, y)];
    const [innerLow, innerHigh] = [ring(inner, 0), ring(inner, height)];
    const [outerLow, outerHigh] = [ring(outer, 0), ring(outer, height)];
    builder.polygon([innerLow[0], innerLow[1], innerHigh[1], innerHigh[0]], side);
    builder.polygon([outerLow[1], outerLow[0], outerHigh[0], outerHigh[1]], side);
    builder.polygon([innerHigh[1], outerHigh[1], outerHigh[0], innerHigh[0]], top);
  }
}
