/** What stands still: a tiled floor, four walls, and the open box with its rim. */
import { ARENA_HALF_M, ARENA_WALL, BOX, BOX_OUTER_HALF_M } from '../geometry.ts';
import { MeshBuilder, type Point, type Rgb } from './mesh-builder.ts';

/** Floor tiles, side in metres; every other one is a little darker, so that motion can be seen. */
const TILE_M = 1;
const DARK_TILE = 0.93;
const BOX_RGB: Rgb = [0.55, 0.36, 0.19];
const BOX_RIM_RGB: Rgb = [0.8, 0.6, 0.36];
const BOX_FLOOR_RGB: Rgb = [0.36, 0.24, 0.14];
const WALL_TOP_SHADE = 0.8;

const shaded = (color: Rgb, factor: number): Rgb => [color[0] * factor, color[1] * factor, color[2] * factor];

/** The floor inside the walls, as a chessboard of tiles. */
export function floorMesh(color: Rgb): MeshBuilder {
  const builder = new MeshBuilder();
  const dark = shaded(color, DARK_TILE);
  const tiles = Math.round((2 * ARENA_HALF_M) / TILE_M);
  rectangle(builder, -ARENA_HALF_M, -ARENA_HALF_M, ARENA_HALF_M, ARENA_HALF_M, 0, color);
  for (let i = 0; i < tiles; i++) {
    for (let j = i % 2; j < tiles; j += 2) {
      const x = i * TILE_M - ARENA_HALF_M;
      const z = j * TILE_M - ARENA_HALF_M;
      rectangle(builder, x, z, x + TILE_M, z + TILE_M, 0, dark);
    }
  }
  return builder;
}

/** The four walls. */
export function wallMesh(color: Rgb): MeshBuilder {
  const builder = new MeshBuilder();
  const inner = ARENA_HALF_M;
  const outer = inner + ARENA_WALL.thicknessM;
  const top = ARENA_WALL.heightM;
  frame(builder, 0, 0, inner, outer, top, color, shaded(color, WALL_TOP_SHADE));
  return builder;
}

/** The box: four walls with a light rim, and a floor of its own a hair above the arena's. */
export function boxMesh(): MeshBuilder {
  const builder = new MeshBuilder();
  frame(
    builder,
    BOX.centreXM,
    BOX.centreZM,
    BOX.innerHalfM,
    BOX_OUTER_HALF_M,
    BOX.wallHeightM,
    BOX_RGB,
    BOX_RIM_RGB,
  );
  const half = BOX.innerHalfM;
  rectangle(
    builder,
    BOX.centreXM - half,
    BOX.centreZM - half,
    BOX.centreXM + half,
    BOX.centreZM + half,
    0.004,
    BOX_FLOOR_RGB,
  );
  return builder;
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
