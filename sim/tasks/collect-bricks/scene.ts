/**
 * The picture of an episode: a three.js scene built once from its start, then moved to any row of its poses.
 * No DOM and no renderer: the same code draws headless and in a viewer.
 */
import { Color, Frustum, type Material, Matrix4, Mesh, type PerspectiveCamera, Scene, Sphere } from 'three';
import { perspectiveCamera, placeCamera, topCamera } from '../../engine/scene/cameras.ts';
import { MeshBuilder } from '../../engine/scene/mesh-builder.ts';
import { sceneMaterials } from '../../engine/scene/shading.ts';
import type { SceneMaker, TaskScene } from '../../engine/scene/task-scene.ts';
import { egoCameraPose } from '../../robots/wheel-loader/ego-camera.ts';
import {
  addLoaderShadow,
  LOADER_PART_COUNT,
  loaderFrontMesh,
  loaderRearMesh,
  placeLoader,
} from '../../robots/wheel-loader/loader-mesh.ts';
import type { LoaderPose } from '../../robots/wheel-loader/loader-pose.ts';
import { addArenaShadow, floorMesh, wallsAndBoxMesh } from './arena-mesh.ts';
import { type BrickGroup, groupBricks } from './brick-mesh.ts';
import { ARENA_HALF_M, ARENA_WALL } from './geometry.ts';
import type { SceneStart } from './start.ts';
import { poseSize } from './start-poses.ts';

/** What is above the walls. */
const SKY_RGB = [0.7, 0.8, 0.9] as const;

/** Body number of what stands still; its matrix stays the identity. */
const STILL_PART = LOADER_PART_COUNT;

/** The floor is painted first, shadows on it, and all that stands on it last and by depth. */
const ORDER = { floor: 0, shadows: 1, solids: 2 } as const;

export class BricksScene implements TaskScene {
  readonly scene = new Scene();
  readonly ego: PerspectiveCamera;
  readonly top = topCamera(ARENA_HALF_M + ARENA_WALL.thicknessM + 0.1);
  readonly #start: SceneStart;
  readonly #parts = Array.from({ length: LOADER_PART_COUNT + 1 }, () => new Matrix4());
  readonly #materials: ReturnType<typeof sceneMaterials>;
  readonly #rear: Mesh;
  readonly #bricks: BrickGroup[];
  readonly #meshes: Mesh[] = [];
  readonly #frustum = new Frustum();
  readonly #sphere = new Sphere();
  readonly #viewProjection = new Matrix4();
  readonly #brickRadiusM: number;
  readonly #loader: LoaderPose = { xM: 0, zM: 0, headingRad: 0, liftM: 0, tiltRad: 0 };

  constructor(start: SceneStart, aspect: number) {
    this.#start = start;
    this.ego = perspectiveCamera(egoCameraPose(this.#loader, start.visual).verticalFovRad, aspect);
    const { visual } = start;
    const brightness = Math.min(1, visual.ambient + visual.sunIntensity * 0.75);
    const sky = SKY_RGB.map((level, i) => Math.min(1, level * brightness * visual.tintRgb[i]));
    this.skyRgb = new Color().setRGB(sky[0], sky[1], sky[2]);
    this.scene.matrixWorldAutoUpdate = false;
    this.#materials = sceneMaterials(visual, this.#parts);
    const { floor, still, parts, partsShadow } = this.#materials;
    this.#add(floorMesh(visual.floorRgb), floor, ORDER.floor);
    this.#add(shadowCasters(), partsShadow, ORDER.shadows);
    this.#add(wallsAndBoxMesh(visual.wallRgb), still, ORDER.solids);
    this.#add(loaderFrontMesh(), parts, ORDER.solids);
    this.#rear = this.#add(loaderRearMesh(), parts, ORDER.solids);
    this.#bricks = groupBricks(start.bricks, this.#materials);
    for (const { mesh, shadow } of this.#bricks) {
      mesh.renderOrder = ORDER.solids;
      shadow.renderOrder = ORDER.shadows;
      this.scene.add(mesh, shadow);
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

  #add(builder: MeshBuilder, material: Material, renderOrder: number): Mesh {
    const mesh = new Mesh(builder.build(), material);
    mesh.frustumCulled = false;
    mesh.renderOrder = renderOrder;
    this.#meshes.push(mesh);
    this.scene.add(mesh);
    return mesh;
  }

  /** Moves everything to one row of the poses, the ego camera too. Draws only bricks that camera can see. */
  showEgo(poses: Float32Array, frame: number): void {
    const at = this.#placeLoader(poses, frame);
    this.#rear.visible = false;
    placeCamera(this.ego, egoCameraPose(this.#loader, this.#start.visual));
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
    this.#rear.visible = true;
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
    for (const mesh of this.#meshes) mesh.geometry.dispose();
    for (const group of this.#bricks) group.dispose();
    for (const material of Object.values(this.#materials)) material.dispose();
  }
}

/** Walls and box with the identity as their part, the loader with its own. */
function shadowCasters(): MeshBuilder {
  const builder = new MeshBuilder();
  addLoaderShadow(builder);
  builder.part = STILL_PART;
  addArenaShadow(builder);
  return builder;
}

export const taskScene: SceneMaker<SceneStart> = {
  key: ({ bricks, visual }) => JSON.stringify([bricks, visual]),
  create: (start, aspect) => new BricksScene(start, aspect),
};
