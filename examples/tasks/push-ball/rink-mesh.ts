/** What the rink and the ball look like. */
import { cos, PI, sin, TWO_PI } from 'brickyard/sim/engine/math.ts';
import { MeshBuilder, type Point, type Rgb } from 'brickyard/sim/engine/scene/mesh-builder.ts';
import { BALL_RADIUS_M, RINK_M, WALL } from './geometry.ts';
import type { Goal } from './start.ts';

const GOAL_RGB: Rgb = [0.05, 0.25, 0.75];
const GOAL_RIM_RGB: Rgb = [1, 1, 1];
const POLE_RGB: Rgb = [0.1, 0.65, 0.2];
const BALL_RGB: readonly Rgb[] = [
  [0.9, 0.1, 0.1],
  [1, 1, 1],
];
const GOAL_CORNERS = 24;
/** Poles at the goal's rim: seen from far away, over the ball, and driven through. */
const POLE = { count: 4, heightM: 1.2, halfM: 0.06 } as const;
const RINGS = 4;
const BALL_SLICES = 12;
const BALL_BANDS = 8;

/** Half of the angle between two walls, whose corners lie between them. */
const HALF_WALL_RAD = PI / 8;

/** Corner number k of the rink, its walls moved out by `outM`. */
function corner(k: number, y: number, outM: number): Point {
  const radiusM = outM / cos(HALF_WALL_RAD);
  const angle = (2 * k - 1) * HALF_WALL_RAD;
  return [radiusM * sin(angle), y, radiusM * cos(angle)];
}

/** Rings of eight fields, every other one a little darker so that motion can be seen; the goal painted on them. */
export function floorMesh(color: Rgb, goal: Goal): MeshBuilder {
  const builder = new MeshBuilder();
  const dark = color.map((level) => 0.93 * level) as unknown as Rgb;
  for (let ring = 0; ring < RINGS; ring++) {
    const [inner, outer] = [ring, ring + 1].map((n) => (n * RINK_M) / RINGS);
    for (let k = 0; k < 8; k++) {
      const field = [
        corner(k, 0, outer),
        corner(k + 1, 0, outer),
        corner(k + 1, 0, inner),
        corner(k, 0, inner),
      ];
      builder.polygon(ring === 0 ? field.slice(0, 3) : field, (ring + k) % 2 ? dark : color);
    }
  }
  disc(builder, goal, goal.radiusM, GOAL_RIM_RGB);
  disc(builder, goal, goal.radiusM - 0.15, GOAL_RGB);
  return builder;
}

function disc(builder: MeshBuilder, { xM, zM }: Goal, radiusM: number, color: Rgb): void {
  const at = (i: number): Point => {
    const angle = (i * TWO_PI) / GOAL_CORNERS;
    return [xM + radiusM * sin(angle), 0, zM + radiusM * cos(angle)];
  };
  builder.polygon(
    Array.from({ length: GOAL_CORNERS }, (_, i) => at(i)),
    color,
  );
}

/** The walls, inside and on top, and the poles at the goal. */
export function standingMesh(color: Rgb, goal: Goal): MeshBuilder {
  const builder = new MeshBuilder();
  const top = color.map((level) => 0.8 * level) as unknown as Rgb;
  const outM = RINK_M + WALL.thicknessM;
  for (let k = 0; k < 8; k++) {
    const [low, high] = [0, WALL.heightM].map((y) => [corner(k, y, RINK_M), corner(k + 1, y, RINK_M)]);
    const far = [corner(k, WALL.heightM, outM), corner(k + 1, WALL.heightM, outM)];
    builder.polygon([low[1], low[0], high[0], high[1]], color);
    builder.polygon([high[1], high[0], far[0], far[1]], top);
  }
  for (let i = 0; i < POLE.count; i++) {
    const angle = ((i + 0.5) * TWO_PI) / POLE.count;
    const [x, z] = [goal.xM + goal.radiusM * sin(angle), goal.zM + goal.radiusM * cos(angle)];
    builder.box(
      [x - POLE.halfM, 0, z - POLE.halfM],
      [x + POLE.halfM, POLE.heightM, z + POLE.halfM],
      POLE_RGB,
    );
  }
  return builder;
}

/** Slices in turn red and white, so that it can be seen rolling. Its middle is the origin. */
export function addBall(builder: MeshBuilder): void {
  const at = (slice: number, band: number): Point => {
    const [around, up] = [(slice * TWO_PI) / BALL_SLICES, (band * PI) / BALL_BANDS];
    const r = BALL_RADIUS_M * sin(up);
    return [r * sin(around), BALL_RADIUS_M * cos(up), r * cos(around)];
  };
  for (let slice = 0; slice < BALL_SLICES; slice++) {
    const color = BALL_RGB[Math.floor(slice / 2) % 2];
    for (let band = 0; band < BALL_BANDS; band++) {
      const [a, b] = [at(slice, band), at(slice, band + 1)];
      const [c, d] = [at(slice + 1, band + 1), at(slice + 1, band)];
      const corners = band === 0 ? [a, b, c] : band === BALL_BANDS - 1 ? [a, b, d] : [a, b, c, d];
      builder.polygon(corners, color);
    }
  }
}
