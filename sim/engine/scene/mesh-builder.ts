/**
 * Collects flat-faced shapes into one indexed mesh: position, face normal, colour and the rigid part each vertex
 * belongs to. A whole robot is then one draw call, and no face needs more than the vertex shader's light.
 */
import { BufferAttribute, BufferGeometry } from 'three';

export type Rgb = readonly [number, number, number];
export type Point = readonly [number, number, number];

/** Which sides of a box to draw; those that nobody can see cost vertices all the same. */
export type BoxSide = '+x' | '-x' | '+y' | '-y' | '+z' | '-z';
const ALL_SIDES: readonly BoxSide[] = ['+x', '-x', '+y', '-y', '+z', '-z'];

export class MeshBuilder {
  readonly #positions: number[] = [];
  readonly #normals: number[] = [];
  readonly #colors: number[] = [];
  readonly #parts: number[] = [];
  readonly #indices: number[] = [];
  /** Given to every vertex that follows. */
  part = 0;

  /** A flat polygon, corners counter-clockwise as seen from outside. */
  polygon(corners: readonly Point[], color: Rgb): void {
    const normal = faceNormal(corners);
    const first = this.#parts.length;
    for (const corner of corners) {
      this.#positions.push(...corner);
      this.#normals.push(...normal);
      this.#colors.push(...color);
      this.#parts.push(this.part);
    }
    for (let i = 2; i < corners.length; i++) this.#indices.push(first, first + i - 1, first + i);
  }

  /** An upright box given by two opposite corners. */
  box(low: Point, high: Point, color: Rgb, sides: readonly BoxSide[] = ALL_SIDES): void {
    const [x0, y0, z0] = low;
    const [x1, y1, z1] = high;
    this.hexahedron(
      [
        [x0, y0, z0],
        [x1, y0, z0],
        [x1, y0, z1],
        [x0, y0, z1],
        [x0, y1, z0],
        [x1, y1, z0],
        [x1, y1, z1],
        [x0, y1, z1],
      ],
      color,
      sides,
    );
  }

  /**
   * A box with any eight corners: the bottom four, then the top four, both in the order
   * (-x, -z), (+x, -z), (+x, +z), (-x, +z).
   */
  hexahedron(c: readonly Point[], color: Rgb, sides: readonly BoxSide[] = ALL_SIDES): void {
    for (const side of sides) {
      if (side === '-y') this.polygon([c[0], c[1], c[2], c[3]], color);
      if (side === '+y') this.polygon([c[7], c[6], c[5], c[4]], color);
      if (side === '-z') this.polygon([c[0], c[4], c[5], c[1]], color);
      if (side === '+z') this.polygon([c[2], c[6], c[7], c[3]], color);
      if (side === '-x') this.polygon([c[3], c[7], c[4], c[0]], color);
      if (side === '+x') this.polygon([c[1], c[5], c[6], c[2]], color);
    }
  }

  /** A prism: an outline in the y-z plane (counter-clockwise seen from +x) stretched over x0..x1. */
  extrudeX(outline: readonly (readonly [y: number, z: number])[], x0: number, x1: number, color: Rgb): void {
    const right = outline.map(([y, z]): Point => [x0, y, z]);
    const left = outline.map(([y, z]): Point => [x1, y, z]);
    this.polygon(left, color);
    this.polygon(right.toReversed(), color);
    for (let i = 0; i < outline.length; i++) {
      const next = (i + 1) % outline.length;
      this.polygon([right[i], right[next], left[next], left[i]], color);
    }
  }

  build(): BufferGeometry {
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(new Float32Array(this.#positions), 3));
    geometry.setAttribute('normal', new BufferAttribute(new Float32Array(this.#normals), 3));
    geometry.setAttribute('color', new BufferAttribute(new Float32Array(this.#colors), 3));
    geometry.setAttribute('part', new BufferAttribute(new Float32Array(this.#parts), 1));
    geometry.setIndex(new BufferAttribute(new Uint16Array(this.#indices), 1));
    return geometry;
  }
}

/** Unit normal of a flat polygon (Newell's sum, so that a first corner in line with the next does no harm). */
function faceNormal(corners: readonly Point[]): Point {
  let x = 0;
  let y = 0;
  let z = 0;
  for (let i = 0; i < corners.length; i++) {
    const a = corners[i];
    const b = corners[(i + 1) % corners.length];
    x += (a[1] - b[1]) * (a[2] + b[2]);
    y += (a[2] - b[2]) * (a[0] + b[0]);
    z += (a[0] - b[0]) * (a[1] + b[1]);
  }
  const length = Math.sqrt(x * x + y * y + z * z);
  return [x / length, y / length, z / length];
}
