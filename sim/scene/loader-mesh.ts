/**
 * The wheel loader as one mesh of three bodies: chassis with cab and wheels, lift arms, bucket.
 * Chassis frame: x to the left, y up, z forward, origin on the floor below the centre. The bucket's size and place
 * are the physics' own (geometry.ts); all else is for the eye and stays within the chassis' width and length.
 */
import { type Matrix4, Quaternion, Vector3 } from 'three';
import { BUCKET } from '../geometry.ts';
import { bucketFrame, type LoaderPose } from '../loader-pose.ts';
import { cos, sin, TWO_PI } from '../math.ts';
import { MeshBuilder, type Point, type Rgb } from './mesh-builder.ts';

export const LOADER_PARTS = { chassis: 0, arms: 1, bucket: 2 } as const;
export const LOADER_PART_COUNT = 3;

const YELLOW: Rgb = [0.98, 0.74, 0.08];
const DARK_YELLOW: Rgb = [0.83, 0.58, 0.05];
const TYRE: Rgb = [0.16, 0.16, 0.17];
const HUB: Rgb = [0.86, 0.68, 0.16];
const FRAME: Rgb = [0.24, 0.25, 0.27];
const GLASS: Rgb = [0.32, 0.5, 0.62];
const LAMP: Rgb = [1, 0.97, 0.82];
const STEEL: Rgb = [0.42, 0.44, 0.47];
const WORN_STEEL: Rgb = [0.62, 0.64, 0.67];
const EDGE_STEEL: Rgb = [0.85, 0.86, 0.88];

const WHEEL = { radiusM: 0.3, widthM: 0.22, acrossM: 0.39, alongM: 0.42, corners: 12 } as const;
/** Where the arms turn on the chassis, and where they hold the bucket in its own frame. */
const ARM_PIVOT = { y: 0.82, z: 0.08 } as const;
const ARM_HOLD = { y: 0.2, z: -0.06 } as const;

export function loaderMesh(): MeshBuilder {
  const builder = new MeshBuilder();
  builder.part = LOADER_PARTS.chassis;
  addBody(builder);
  addCab(builder);
  for (const x of [-WHEEL.acrossM, WHEEL.acrossM]) {
    for (const z of [-WHEEL.alongM, WHEEL.alongM]) addWheel(builder, x, z);
  }
  builder.part = LOADER_PARTS.arms;
  addArms(builder);
  builder.part = LOADER_PARTS.bucket;
  addBucket(builder);
  return builder;
}

function addBody(builder: MeshBuilder): void {
  builder.box([-0.26, 0.2, -0.66], [0.26, 0.5, 0.62], FRAME, ['+x', '-x', '+z', '-z', '+y']);
  // Engine cover, lower and narrower towards the back.
  builder.hexahedron(
    [
      [-0.3, 0.42, -0.7],
      [0.3, 0.42, -0.7],
      [0.34, 0.42, -0.24],
      [-0.34, 0.42, -0.24],
      [-0.26, 0.84, -0.66],
      [0.26, 0.84, -0.66],
      [0.32, 0.98, -0.24],
      [-0.32, 0.98, -0.24],
    ],
    YELLOW,
    ['+x', '-x', '+y', '-z', '+z'],
  );
  builder.box([-0.22, 0.5, -0.715], [0.22, 0.74, -0.69], FRAME, ['-z', '+x', '-x', '+y']);
  // Front frame that carries the arms, and a mudguard over each front wheel.
  builder.hexahedron(
    [
      [-0.2, 0.45, 0.1],
      [0.2, 0.45, 0.1],
      [0.2, 0.45, 0.64],
      [-0.2, 0.45, 0.64],
      [-0.17, 0.86, 0.1],
      [0.17, 0.86, 0.1],
      [0.15, 0.58, 0.62],
      [-0.15, 0.58, 0.62],
    ],
    YELLOW,
    ['+x', '-x', '+y', '+z'],
  );
  for (const side of [-1, 1]) {
    const [x0, x1] = side < 0 ? [-0.5, -0.3] : [0.3, 0.5];
    builder.box([x0, 0.63, 0.2], [x1, 0.67, 0.66], YELLOW);
    builder.box([x0, 0.63, -0.66], [x1, 0.67, -0.2], YELLOW);
    builder.box([side * 0.4 - 0.06, 0.67, 0.56], [side * 0.4 + 0.06, 0.75, 0.64], LAMP);
  }
}

function addCab(builder: MeshBuilder): void {
  builder.box([-0.32, 0.5, -0.24], [0.32, 0.92, 0.14], YELLOW, ['+x', '-x', '+z']);
  // Glass all round, leaning in a little; pillars at the corners; a roof that stands over.
  builder.hexahedron(
    [
      [-0.31, 0.92, -0.26],
      [0.31, 0.92, -0.26],
      [0.31, 0.92, 0.14],
      [-0.31, 0.92, 0.14],
      [-0.28, 1.42, -0.24],
      [0.28, 1.42, -0.24],
      [0.28, 1.42, 0.06],
      [-0.28, 1.42, 0.06],
    ],
    GLASS,
    ['+x', '-x', '+z', '-z'],
  );
  for (const x of [-0.3, 0.3]) {
    for (const [low, high] of [
      [0.14, 0.06],
      [-0.26, -0.24],
    ]) {
      const half = 0.03;
      const lean = x * 0.93;
      const corners = (cx: number, cz: number, y: number): Point[] => [
        [cx - half, y, cz - half],
        [cx + half, y, cz - half],
        [cx + half, y, cz + half],
        [cx - half, y, cz + half],
      ];
      builder.hexahedron([...corners(x, low, 0.9), ...corners(lean, high, 1.42)], DARK_YELLOW, [
        '+x',
        '-x',
        '+z',
        '-z',
      ]);
    }
  }
  builder.box([-0.34, 1.42, -0.32], [0.34, 1.49, 0.14], YELLOW);
  builder.box([-0.05, 1.49, -0.2], [0.05, 1.56, -0.1], [0.95, 0.45, 0.08]);
}

function addWheel(builder: MeshBuilder, x: number, z: number): void {
  const outline = (radius: number) =>
    Array.from({ length: WHEEL.corners }, (_, i): [number, number] => {
      const angle = ((i + 0.5) * TWO_PI) / WHEEL.corners;
      return [WHEEL.radiusM + radius * cos(angle), z + radius * sin(angle)];
    });
  const half = WHEEL.widthM / 2;
  builder.extrudeX(outline(WHEEL.radiusM), x - half, x + half, TYRE);
  const out = x < 0 ? -half : half;
  builder.extrudeX(
    outline(WHEEL.radiusM * 0.55),
    Math.min(x, x + out) - (x < 0 ? 0.015 : 0),
    Math.max(x, x + out) + (x > 0 ? 0.015 : 0),
    HUB,
  );
}

/** Two beams and a cross bar, one metre long in z: the arm's matrix stretches them to the bucket. */
function addArms(builder: MeshBuilder): void {
  for (const x of [-0.24, 0.24]) {
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
  builder.box([-0.2, -0.03, 0.72], [0.2, 0.03, 0.8], FRAME);
  builder.box([-0.03, 0.02, 0.2], [0.03, 0.08, 0.98], EDGE_STEEL);
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
