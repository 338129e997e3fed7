/**
 * The picture of an episode: a three.js scene built once from its start, then moved to any row of its poses.
 * No DOM and no renderer: the same code draws headless and in a viewer.
 */
import { Color, Frustum, Matrix4, Mesh, type PerspectiveCamera, Scene, Sphere } from 'three';
import type { EpisodeStart } from '../episode-start.ts';
import type { LoaderPose } from '../loader-pose.ts';
import { poseSize } from '../trajectory.ts';
import { boxMesh, floorMesh, wallMesh } from './arena-mesh.ts';
import { type BrickGroup, groupBricks } from './brick-mesh.ts';
import { egoCamera, placeEgoCamera, topCamera } from './cameras.ts';
import { LOADER_PART_COUNT, loaderMesh, placeLoader } from './loader-mesh.ts';
import type { MeshBuilder } from './mesh-builder.ts';
import { bricksMaterial, lightUniforms, partsMaterial, stillMaterial } from './shading.ts';

/** What is above the walls. */
const SKY_RGB = [0.7, 0.8, 0.9] as const;

export type SceneStart = Pick<EpisodeStart, 'bricks' | 'visual'>;

export class WorldScene {
  readonly scene = new Scene();
  readonly ego: PerspectiveCamera;
  readonly top = topCamera();
  readonly #start: SceneStart;
  readonly #parts = Array.from({ length: LOADER_PART_COUNT }, () => new Matrix4());
  readonly #bricks: BrickGroup[];
  readonly #meshes: Mesh[] = [];
  readonly #frustum = new Frustum();
  readonly #sphere = new Sphere();
  readonly #viewProjection = new Matrix4();
  readonly #brickRadiusM: number;
  readonly #loader: LoaderPose = { xM: 0, zM: 0, headingRad: 0, liftM: 0, tiltRad: 0 };

  constructor(start: SceneStart, aspect: number) {
    this.#start = start;
    this.ego = egoCamera(start.visual, aspect);
    const light = lightUniforms(start.visual);
    const brightness = Math.min(1, start.visual.ambient + start.visual.sunIntensity * 0.75);
    const sky = SKY_RGB.map((level, i) => Math.min(1, level * brightness * start.visual.tintRgb[i]));
    this.scene.background = null;
    this.skyRgb = new Color().setRGB(sky[0], sky[1], sky[2]);
    this.scene.matrixWorldAutoUpdate = false;
    const backdrop = stillMaterial(light, { backdrop: true });
    this.#add(floorMesh(start.visual.floorRgb), backdrop, 0);
    this.#add(wallMesh(start.visual.wallRgb), backdrop, 2);
    this.#add(boxMesh(), stillMaterial(light), 3);
    this.#add(loaderMesh(), partsMaterial(light, this.#parts), 3);
    this.#bricks = groupBricks(start.bricks, bricksMaterial(light));
    for (const group of this.#bricks) {
      group.mesh.renderOrder = 3;
      this.scene.add(group.mesh);
    }
    this.#brickRadiusM = Math.max(
      0,
      ...start.bricks.map(
        ({ lengthM: l, heightM: h, widthM: w }) => Math.sqrt(l * l + h * h + w * w) / 2 + 0.03,
      ),
    );
  }

  /** What the picture is cleared with, as it shall appear (no colour management in between). */
  readonly skyRgb: Color;

  #add(builder: MeshBuilder, material: ReturnType<typeof stillMaterial>, renderOrder: number): void {
    const mesh = new Mesh(builder.build(), material);
    mesh.frustumCulled = false;
    mesh.renderOrder = renderOrder;
    this.#meshes.push(mesh);
    this.scene.add(mesh);
  }

  /** Moves everything to one row of the poses, the ego camera too. Draws only bricks that camera can see. */
  showEgo(poses: Float32Array, frame: number): void {
    const at = this.#placeLoader(poses, frame);
    placeEgoCamera(this.ego, this.#start.visual, this.#loader);
    this.#viewProjection.multiplyMatrices(this.ego.projectionMatrix, this.ego.matrixWorldInverse);
    this.#frustum.setFromProjectionMatrix(this.#viewProjection);
    this.#sphere.radius = this.#brickRadiusM;
    for (const group of this.#bricks) {
      group.place(poses, at, (x, y, z) => {
        this.#sphere.center.set(x, y, z);
        return this.#frustum.intersectsSphere(this.#sphere);
      });
    }
  }

  /** The same for a view of the whole arena: every brick is drawn. */
  showAll(poses: Float32Array, frame: number): void {
    const at = this.#placeLoader(poses, frame);
    for (const group of this.#bricks) group.place(poses, at, () => true);
  }

  #placeLoader(poses: Float32Array, frame: number): number {
    const at = frame * poseSize(this.#start.bricks.length);
    this.#loader.xM = poses[at];
    this.#loader.zM = poses[at + 1];
    this.#loader.headingRad = poses[at + 2];
    this.#loader.liftM = poses[at + 3];
    this.#loader.tiltRad = poses[at + 4];
    placeLoader(this.#parts, this.#loader);
    return at;
  }

  dispose(): void {
    for (const mesh of this.#meshes) {
      mesh.geometry.dispose();
      (mesh.material as { dispose(): void }).dispose();
    }
    for (const group of this.#bricks) {
      (group.mesh.material as { dispose(): void }).dispose();
      group.dispose();
    }
  }
}
