/**
 * The wheel loader: chassis with cab and wheels, lift arms, bucket, as rigid bodies of one mesh.
 * Chassis frame: x to the left, y up, z forward, origin on the floor below the centre. The bucket's size and place
 * are the physics' own (geometry.ts, loader-pose.ts); all else is for the eye and stays within the chassis' width
 * and length.
 */
import { type Matrix4, Quaternion, Vector3 } from 'three';
import { cos, sin, TWO_PI } from '../../engine/math.ts';
import { MeshBuilder, type Point, type Rgb } from '../../engine/scene/mesh-builder.ts';
import { BUCKET, LOADER } from './geometry.ts';
import { bucketFrame, type LoaderPose } from './loader-pose.ts';

export const LOADER_PARTS = { chassis: 0, arms: 1, bucket: 2 } as const;
export const LOADER_PART_COUNT = 3;

const YELLOW: Rgb = [0.98, 0.74, 0.08];
const DARK_YELLOW: Rgb = [0.83, 0.58, 0.05];
const TYRE: Rgb = [0.16, 0.16, 0.17];
const HUB: Rgb = [0.9, 0.72, 0.16];
const FRAME: Rgb = [0.24, 0.25, 0.27];
const GLASS: Rgb = [0.32, 0.5, 0.62];
const LAMP: Rgb = [1, 0.97, 0.82];
const BEACON: Rgb = [0.95, 0.42, 0.08];
const STEEL: Rgb = [0.42, 0.44, 0.47];
const WORN_STEEL: Rgb = [0.62, 0.64, 0.67];
const EDGE_STEEL: Rgb = [0.85, 0.86, 0.88];

const HALF_WIDTH_M = LOADER.chassisWidthM / 2;
const WHEEL = { radiusM: 0.3, widthM: 0.2, alongM: 0.4, corners: 12 } as const;
const WHEEL_ACROSS_M = HALF_WIDTH_M - WHEEL.widthM / 2;
/** Where the arms turn on the chassis, and where they hold the bucket in its own frame. */
const ARM_PIVOT = { y: 0.82, z: 0.08 } as const;
const ARM_HOLD = { y: 0.2, z: -0.06 } as const;
const NO_BOTTOM = ['+x', '-x', '+y', '+z', '-z'] as const;

/** What the ego camera can have in view: all that lies ahead of it. */
export function loaderFrontMesh(): MeshBuilder {
  const builder = new MeshBuilder();
  builder.part = LOADER_PARTS.chassis;
  addFrontFrame(builder);
  for (const side of [-1, 1]) addTyre(builder, side, WHEEL.alongM);
  builder.part = LOADER_PARTS.arms;
  addArms(builder);
  builder.part = LOADER_PARTS.bucket;
  addBucket(builder);
  return builder;
}

/** The rest, drawn only for views from outside: a third of a frame's vertices would be behind the camera. */
export function loaderRearMesh(): MeshBuilder {
  const builder = new MeshBuilder();
  builder.part = LOADER_PARTS.chassis;
  addEngine(builder);
  addCab(builder);
  for (const side of [-1, 1]) {
    addTyre(builder, side, -WHEEL.alongM);
    addHub(builder, side, -WHEEL.alongM);
    addHub(builder, side, WHEEL.alongM);
    addMudguard(builder, side, -0.64, -0.18);
  }
  return builder;
}

/** Plain boxes of about the loader's shape, to cast its shadow. */
export function addLoaderShadow(builder: MeshBuilder): void {
  builder.part = LOADER_PARTS.chassis;
  builder.box([-0.38, 0.1, -0.68], [0.38, 0.66, 0.66], TYRE, NO_BOTTOM);
  builder.box([-0.26, 0.6, -0.66], [0.26, 1.45, 0.1], TYRE, NO_BOTTOM);
  builder.part = LOADER_PARTS.arms;
  builder.box([-0.24, -0.06, 0], [0.24, 0.06, 1], TYRE, NO_BOTTOM);
  builder.part = LOADER_PARTS.bucket;
  const half = BUCKET.widthM / 2;
  builder.box([-half, 0, -0.02], [half, BUCKET.backHeightM, 0], TYRE, NO_BOTTOM);
  builder.box([-half, 0, 0], [half, 0.15, BUCKET.floorDepthM + BUCKET.lipDepthM / 2], TYRE, NO_BOTTOM);
}

/** The frame between the front wheels that carries the arms, a mudguard over each wheel, lamps. */
function addFrontFrame(builder: MeshBuilder): void {
  builder.box([-0.2, 0.2, 0.1], [0.2, 0.5, 0.62], FRAME, ['+x', '-x', '+z', '+y']);
  builder.hexahedron(
    [
      [-0.16, 0.45, 0.1],
      [0.16, 0.45, 0.1],
      [0.16, 0.45, 0.64],
      [-0.16, 0.45, 0.64],
      [-0.14, 0.86, 0.1],
      [0.14, 0.86, 0.1],
      [0.12, 0.58, 0.62],
      [-0.12, 0.58, 0.62],
    ],
    YELLOW,
    ['+x', '-x', '+y', '+z'],
  );
  for (const side of [-1, 1]) {
    addMudguard(builder, side, 0.18, 0.64);
    const x = side * WHEEL_ACROSS_M;
    builder.box([x - 0.06, 0.66, 0.55], [x + 0.06, 0.74, 0.63], LAMP, NO_BOTTOM);
  }
}

function addMudguard(builder: MeshBuilder, side: number, z0: number, z1: number): void {
  const x = side * WHEEL_ACROSS_M;
  const half = WHEEL.widthM / 2;
  builder.box([x - half, 0.62, z0], [x + half, 0.66, z1], YELLOW);
}

/** Frame and engine cover, lower and narrower towards the back. */
function addEngine(builder: MeshBuilder): void {
  builder.box([-0.22, 0.2, -0.64], [0.22, 0.5, 0.1], FRAME, ['+x', '-x', '-z', '+y']);
  builder.hexahedron(
    [
      [-0.26, 0.42, -0.7],
      [0.26, 0.42, -0.7],
      [0.28, 0.42, -0.24],
      [-0.28, 0.42, -0.24],
      [-0.22, 0.82, -0.64],
      [0.22, 0.82, -0.64],
      [0.26, 0.98, -0.24],
      [-0.26, 0.98, -0.24],
    ],
    YELLOW,
    NO_BOTTOM,
  );
  builder.box([-0.18, 0.48, -0.7], [0.18, 0.72, -0.66], FRAME, ['-z', '+x', '-x', '+y']);
  builder.box([-0.04, 0.9, -0.5], [0.04, 1.16, -0.42], FRAME, NO_BOTTOM);
}

/** Glass all round, leaning in a little; a pillar at each corner; a roof that stands over, with a beacon. */
function addCab(builder: MeshBuilder): void {
  builder.box([-0.28, 0.5, -0.24], [0.28, 0.92, 0.1], YELLOW, ['+x', '-x', '+z']);
  const ring = (half: number, back: number, front: number, y: number): Point[] => [
    [-half, y, back],
    [half, y, back],
    [half, y, front],
    [-half, y, front],
  ];
  const sides = ['+x', '-x', '+z', '-z'] as const;
  const [low, high] = [ring(0.27, -0.25, 0.1, 0.92), ring(0.24, -0.23, 0.03, 1.42)];
  builder.hexahedron([...low, ...high], GLASS, sides);
  low.forEach(([x, , z], i) => {
    const pillar = ([cx, cy, cz]: Point) =>
      ring(0.03, cz - 0.03, cz + 0.03, cy).map(([dx, y, dz]): Point => [cx + dx, y, dz]);
    builder.hexahedron([...pillar([x, 0.9, z]), ...pillar(high[i])], DARK_YELLOW, sides);
  });
  builder.box([-0.3, 1.42, -0.3], [0.3, 1.49, 0.1], YELLOW);
  builder.box([-0.05, 1.49, -0.2], [0.05, 1.56, -0.1], BEACON, NO_BOTTOM);
}

const wheelOutline = (radius: number, z: number): [number, number][] =>
  Array.from({ length: WHEEL.corners }, (_, i) => {
    const angle = ((i + 0.5) * TWO_PI) / WHEEL.corners;
    return [WHEEL.radiusM + radius * cos(angle), z + radius * sin(angle)];
  });

function addTyre(builder: MeshBuilder, side: number, z: number): void {
  const x = side * WHEEL_ACROSS_M;
  const half = WHEEL.widthM / 2;
  builder.extrudeX(wheelOutline(WHEEL.radiusM, z), x - half, x + half, TYRE);
}

function addHub(builder: MeshBuilder, side: number, z: number): void {
  const [x0, x1] = [side * (HALF_WIDTH_M - 0.05), side * (HALF_WIDTH_M + 0.012)];
  builder.extrudeX(wheelOutline(WHEEL.radiusM * 0.55, z), Math.min(x0, x1), Math.max(x0, x1), HUB);
}

/** Two beams and a cross bar, one metre long in z: the arm's matrix stretches them to the bucket. */
function addArms(builder: MeshBuilder): void {
  for (const x of [-0.22, 0.22]) {
    builder.hexahedron(
      [
        [x - 0.04, -0.06, -0.04],
        [x + 0.04, -0.06, -0.04],
        [x + 0.04, -0.06, 1],
        [x - 0.04, -0.06, 1],
        [x - 0.04, 0.08, -0.04],
        [x + 0.04, 0.08, -0.04],
        [x + 0.04, 0.05, 1],
        [x - 0.04, 0.05, 1],
      ],
      DARK_YELLOW,
    );
  }
  builder.box([-0.18, -0.03, 0.72], [0.18, 0.03, 0.8], FRAME, ['+y', '-y', '+z', '-z']);
  builder.box([-0.03, 0.02, 0.2], [0.03, 0.08, 0.98], EDGE_STEEL, ['+x', '-x', '+y', '-z']);
}

function addBucket(builder: MeshBuilder): void {
  const half = BUCKET.widthM / 2;
  const plate = 0.025;
  const lipFoot = BUCKET.floorDepthM;
  const tip = lipFoot + BUCKET.lipDepthM;
  builder.box([-half, 0, 0], [half, BUCKET.lipHeightM, lipFoot], WORN_STEEL, ['+y', '-y']);
  builder.polygon(
    [
      [-half, BUCKET.lipHeightM, lipFoot],
      [-half, 0.004, tip],
      [half, 0.004, tip],
      [half, BUCKET.lipHeightM, lipFoot],
    ],
    EDGE_STEEL,
  );
  builder.polygon(
    [
      [-half, 0, lipFoot],
      [half, 0, lipFoot],
      [half, 0.004, tip],
      [-half, 0.004, tip],
    ],
    STEEL,
  );
  builder.box([-half, 0, -plate], [half, BUCKET.backHeightM, 0], STEEL);
  builder.box([-half, BUCKET.backHeightM, -plate], [half, BUCKET.backHeightM + 0.02, 0.01], DARK_YELLOW);
  const side: [number, number][] = [
    [0, -plate],
    [BUCKET.backHeightM, -plate],
    [BUCKET.backHeightM, 0.03],
    [BUCKET.sideHeightM, 0.12],
    [BUCKET.sideHeightM * 0.9, lipFoot - 0.12],
    [0.05, lipFoot + 0.04],
    [0, lipFoot + 0.04],
  ];
  builder.extrudeX(side, -half, -half + plate, DARK_YELLOW);
  builder.extrudeX(side, half - plate, half, DARK_YELLOW);
}

/** Moves the three bodies to a pose; the bucket's frame is the physics' own. */
export function placeLoader(parts: readonly Matrix4[], loader: LoaderPose): void {
  const s = sin(loader.headingRad);
  const c = cos(loader.headingRad);
  const chassis = parts[LOADER_PARTS.chassis];
  chassis.set(c, 0, s, loader.xM, 0, 1, 0, 0, -s, 0, c, loader.zM, 0, 0, 0, 1);
  const frame = bucketFrame(loader);
  place.set(frame.x, frame.y, frame.z);
  parts[LOADER_PARTS.bucket].compose(place, turn.set(frame.qx, frame.qy, frame.qz, frame.qw), UNIT);
  const st = sin(loader.tiltRad);
  const ct = cos(loader.tiltRad);
  const dy = frame.y + ARM_HOLD.y * ct + ARM_HOLD.z * st - ARM_PIVOT.y;
  const dz = BUCKET.pivotForwardM - ARM_HOLD.y * st + ARM_HOLD.z * ct - ARM_PIVOT.z;
  const length = Math.sqrt(dy * dy + dz * dz);
  const arms = parts[LOADER_PARTS.arms];
  arms.makeBasis(LEFT, up.set(0, dz / length, -dy / length), along.set(0, dy, dz));
  arms.setPosition(0, ARM_PIVOT.y, ARM_PIVOT.z).premultiply(chassis);
}

const LEFT = new Vector3(1, 0, 0);
const UNIT = new Vector3(1, 1, 1);
const up = new Vector3();
const along = new Vector3();
const place = new Vector3();
const turn = new Quaternion();
