/**
 * LEGO bricks: one instanced mesh for all bricks with the same number of studs.
 *
 * A vertex is `position * blockSize + offset`: corners of the body are halves of the size, a stud has a place in
 * halves of the size and its radius and height as an offset in metres, so that studs stay round whatever the size.
 */
import {
  BufferAttribute,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  Mesh,
  type RawShaderMaterial,
} from 'three';
import { cos, sin, TWO_PI } from '../../engine/math.ts';
import { POSE_LOADER_SIZE } from '../../robots/wheel-loader/loader.ts';
import type { BrickStart } from './start.ts';
import { POSE_BRICK_SIZE } from './start-poses.ts';

/** Distance between studs of the usual brick: 4 x 2 on 0.40 x 0.20. */
const STUD_PITCH_M = 0.1;
const STUD_RADIUS_PITCHES = 0.3;
const STUD_HEIGHT_PITCHES = 0.25;
const STUD_CORNERS = 8;
/** Studs stand out from the face below them in flat light too. */
const TOP_SHADE = 0.9;
const STUD_SIDE_SHADE = 0.8;

export interface StudLayout {
  along: number;
  across: number;
}

/** Studs that a brick of this size carries: one every 0.1 m, at least one each way. */
export function studLayout(brick: Pick<BrickStart, 'lengthM' | 'widthM'>): StudLayout {
  return {
    along: Math.max(1, Math.round(brick.lengthM / STUD_PITCH_M)),
    across: Math.max(1, Math.round(brick.widthM / STUD_PITCH_M)),
  };
}

class BrickGeometryBuilder {
  readonly positions: number[] = [];
  readonly offsets: number[] = [];
  readonly normals: number[] = [];
  readonly colors: number[] = [];
  readonly indices: number[] = [];

  vertex(position: number[], offset: number[], normal: number[], shade: number): number {
    this.positions.push(...position);
    this.offsets.push(...offset);
    this.normals.push(...normal);
    this.colors.push(shade, shade, shade);
    return this.colors.length / 3 - 1;
  }

  /** The six faces of the unit cube. */
  body(): void {
    for (const axis of [0, 1, 2]) {
      for (const sign of [-1, 1]) {
        const u = (axis + 1) % 3;
        const v = (axis + 2) % 3;
        const corner = (a: number, b: number) => {
          const position = [0, 0, 0];
          const normal = [0, 0, 0];
          position[axis] = sign / 2;
          position[u] = a / 2;
          position[v] = b / 2;
          normal[axis] = sign;
          return this.vertex(position, [0, 0, 0], normal, axis === 1 && sign > 0 ? TOP_SHADE : 1);
        };
        const c = [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)];
        this.indices.push(c[0], c[sign > 0 ? 1 : 2], c[sign > 0 ? 2 : 1]);
        this.indices.push(c[0], c[sign > 0 ? 2 : 3], c[sign > 0 ? 3 : 2]);
      }
    }
  }

  /** A prism standing on the top face at (x, z), in halves of the size. */
  stud(x: number, z: number): void {
    const radius = STUD_RADIUS_PITCHES * STUD_PITCH_M;
    const height = STUD_HEIGHT_PITCHES * STUD_PITCH_M;
    const place = [x, 0.5, z];
    const rim = (corner: number, y: number) => {
      const angle = ((corner + 0.5) * TWO_PI) / STUD_CORNERS;
      return [radius * sin(angle), y, radius * cos(angle)];
    };
    const top = Array.from({ length: STUD_CORNERS }, (_, i) =>
      this.vertex(place, rim(i, height), [0, 1, 0], 1),
    );
    for (let i = 2; i < STUD_CORNERS; i++) this.indices.push(top[0], top[i - 1], top[i]);
    // A triangle has the colour of its last vertex, so one ring with the normals of the faces before it will do.
    const ring = Array.from({ length: STUD_CORNERS }, (_, i) => {
      const facing = (i * TWO_PI) / STUD_CORNERS;
      const normal = [sin(facing), 0, cos(facing)];
      return {
        upper: this.vertex(place, rim(i, height), normal, STUD_SIDE_SHADE),
        lower: this.vertex(place, rim(i, 0), normal, STUD_SIDE_SHADE),
      };
    });
    ring.forEach((corner, i) => {
      const before = ring[(i + STUD_CORNERS - 1) % STUD_CORNERS];
      this.indices.push(before.upper, before.lower, corner.lower, before.upper, corner.lower, corner.upper);
    });
  }
}

/** The unit cube with eight shared corners: all that a shadow needs. */
function shadowGeometry(): InstancedBufferGeometry {
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => [(i & 1) - 0.5, ((i >> 1) & 1) - 0.5, (i >> 2) - 0.5]);
  const faces = [0, 4, 6, 2, 1, 3, 7, 5, 0, 1, 5, 4, 2, 6, 7, 3, 0, 2, 3, 1, 4, 5, 7, 6];
  const indices: number[] = [];
  for (let i = 0; i < faces.length; i += 4) {
    const [a, b, c, d] = faces.slice(i, i + 4);
    indices.push(a, b, c, a, c, d);
  }
  const geometry = new InstancedBufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(new Float32Array(corners.flat()), 3));
  geometry.setIndex(new BufferAttribute(new Uint16Array(indices), 1));
  return geometry;
}

function brickGeometry(layout: StudLayout): InstancedBufferGeometry {
  const builder = new BrickGeometryBuilder();
  builder.body();
  for (let i = 0; i < layout.along; i++) {
    for (let j = 0; j < layout.across; j++) {
      builder.stud((i + 0.5) / layout.along - 0.5, (j + 0.5) / layout.across - 0.5);
    }
  }
  const geometry = new InstancedBufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(new Float32Array(builder.positions), 3));
  geometry.setAttribute('offset', new BufferAttribute(new Float32Array(builder.offsets), 3));
  geometry.setAttribute('normal', new BufferAttribute(new Float32Array(builder.normals), 3));
  geometry.setAttribute('color', new BufferAttribute(new Float32Array(builder.colors), 3));
  geometry.setIndex(new BufferAttribute(new Uint16Array(builder.indices), 1));
  return geometry;
}

/** What `BrickGroup.place` keeps of the bricks: those for which it returns true are drawn. */
export type BrickFilter = (xM: number, yM: number, zM: number) => boolean;

export interface BrickMaterials {
  blocks: RawShaderMaterial;
  blocksShadow: RawShaderMaterial;
}

/** All bricks of one stud layout, with their shadows. */
export class BrickGroup {
  readonly mesh: Mesh;
  readonly shadow: Mesh;
  readonly #bricks: readonly { index: number; start: BrickStart }[];
  readonly #centre: InstancedBufferAttribute;
  readonly #turn: InstancedBufferAttribute;
  readonly #size: InstancedBufferAttribute;
  readonly #color: InstancedBufferAttribute;
  readonly #geometry: InstancedBufferGeometry;
  readonly #shadowGeometry = shadowGeometry();

  constructor(
    layout: StudLayout,
    bricks: readonly { index: number; start: BrickStart }[],
    materials: BrickMaterials,
  ) {
    this.#bricks = bricks;
    this.#geometry = brickGeometry(layout);
    const attribute = (name: string, size: number) => {
      const made = new InstancedBufferAttribute(new Float32Array(bricks.length * size), size);
      this.#geometry.setAttribute(name, made);
      if (name !== 'blockColor') this.#shadowGeometry.setAttribute(name, made);
      return made;
    };
    this.#centre = attribute('blockCentre', 3);
    this.#turn = attribute('blockTurn', 4);
    this.#size = attribute('blockSize', 3);
    this.#color = attribute('blockColor', 3);
    this.mesh = new Mesh(this.#geometry, materials.blocks);
    this.mesh.frustumCulled = false;
    this.shadow = new Mesh(this.#shadowGeometry, materials.blocksShadow);
    this.shadow.frustumCulled = false;
  }

  /** Puts the bricks where row `offset` of the poses says, leaving out those that the filter refuses. */
  place(poses: Float32Array, offset: number, keep: BrickFilter): void {
    let slot = 0;
    for (const { index, start } of this.#bricks) {
      const at = offset + POSE_LOADER_SIZE + index * POSE_BRICK_SIZE;
      if (!keep(poses[at], poses[at + 1], poses[at + 2])) continue;
      this.#centre.setXYZ(slot, poses[at], poses[at + 1], poses[at + 2]);
      this.#turn.setXYZW(slot, poses[at + 3], poses[at + 4], poses[at + 5], poses[at + 6]);
      this.#size.setXYZ(slot, start.lengthM, start.heightM, start.widthM);
      this.#color.setXYZ(slot, ...start.colorRgb);
      slot++;
    }
    this.#geometry.instanceCount = slot;
    this.#shadowGeometry.instanceCount = slot;
    this.mesh.visible = slot > 0;
    this.shadow.visible = slot > 0;
    for (const attribute of [this.#centre, this.#turn, this.#size, this.#color]) attribute.needsUpdate = true;
  }

  dispose(): void {
    this.#geometry.dispose();
    this.#shadowGeometry.dispose();
  }
}

/** One group for each stud layout that occurs. */
export function groupBricks(bricks: readonly BrickStart[], materials: BrickMaterials): BrickGroup[] {
  const groups = new Map<string, { layout: StudLayout; bricks: { index: number; start: BrickStart }[] }>();
  bricks.forEach((start, index) => {
    const layout = studLayout(start);
    const key = `${layout.along}x${layout.across}`;
    const group = groups.get(key) ?? { layout, bricks: [] };
    group.bricks.push({ index, start });
    groups.set(key, group);
  });
  return [...groups.values()].map((group) => new BrickGroup(group.layout, group.bricks, materials));
}
