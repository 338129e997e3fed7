/** The picture of an episode: built once from its start, then moved to any row of its poses. */
import { perspectiveCamera, placeCamera, topCamera } from 'brickyard/sim/engine/scene/cameras.ts';
import { MeshBuilder } from 'brickyard/sim/engine/scene/mesh-builder.ts';
import { sceneMaterials } from 'brickyard/sim/engine/scene/shading.ts';
import type { SceneMaker, TaskScene } from 'brickyard/sim/engine/scene/task-scene.ts';
import { egoCameraPose } from 'brickyard/sim/robots/wheel-loader/ego-camera.ts';
import {
  addLoaderShadow,
  LOADER_PART_COUNT,
  loaderFrontMesh,
  loaderRearMesh,
  placeLoader,
} from 'brickyard/sim/robots/wheel-loader/loader-mesh.ts';
import { Color, type Material, Matrix4, Mesh, Quaternion, Scene, Vector3 } from 'three';
import { RINK_M, WALL } from './geometry.ts';
import { addBall, floorMesh, standingMesh } from './rink-mesh.ts';
import { BALL_AT, type BallStart, POSE_SIZE } from './start.ts';

type Drawn = Pick<BallStart, 'goal' | 'visual'>;

const SKY_RGB = [0.7, 0.8, 0.9] as const;
/** The floor is painted first, shadows on it, and all that stands on it last and by depth. */
const ORDER = { floor: 0, shadows: 1, solids: 2 } as const;

function createScene({ goal, visual }: Drawn, aspect: number): TaskScene {
  const scene = new Scene();
  scene.matrixWorldAutoUpdate = false;
  // The bodies that move: those of the loader, and the ball.
  const parts = Array.from({ length: LOADER_PART_COUNT + 1 }, () => new Matrix4());
  const ball = parts[LOADER_PART_COUNT];
  const materials = sceneMaterials(visual, parts);
  const meshes: Mesh[] = [];
  const add = (builder: MeshBuilder, material: Material, renderOrder: number): Mesh => {
    const mesh = new Mesh(builder.build(), material);
    mesh.frustumCulled = false;
    mesh.renderOrder = renderOrder;
    meshes.push(mesh);
    scene.add(mesh);
    return mesh;
  };
  add(floorMesh(visual.floorRgb, goal), materials.floor, ORDER.floor);
  const shadows = new MeshBuilder();
  addLoaderShadow(shadows);
  shadows.part = LOADER_PART_COUNT;
  addBall(shadows);
  add(shadows, materials.partsShadow, ORDER.shadows);
  add(standingMesh(visual.wallRgb, goal), materials.still, ORDER.solids);
  const front = loaderFrontMesh();
  front.part = LOADER_PART_COUNT;
  addBall(front);
  add(front, materials.parts, ORDER.solids);
  const rear = add(loaderRearMesh(), materials.parts, ORDER.solids);

  const at = new Vector3();
  const turn = new Quaternion();
  const size = new Vector3(1, 1, 1);
  const place = (poses: Float32Array, frame: number) => {
    const row = poses.subarray(frame * POSE_SIZE, (frame + 1) * POSE_SIZE);
    const [xM, zM, headingRad, liftM, tiltRad] = row;
    const loader = { xM, zM, headingRad, liftM, tiltRad };
    placeLoader(parts, loader);
    ball.compose(at.fromArray(row, BALL_AT), turn.fromArray(row, BALL_AT + 3), size);
    return loader;
  };
  const standing = { xM: 0, zM: 0, headingRad: 0, liftM: 0, tiltRad: 0 };
  const ego = perspectiveCamera(egoCameraPose(standing, visual).verticalFovRad, aspect);
  const brightness = Math.min(1, visual.ambient + visual.sunIntensity * 0.75);
  const [red, green, blue] = SKY_RGB.map((level, i) => Math.min(1, level * brightness * visual.tintRgb[i]));
  return {
    scene,
    ego,
    top: topCamera(RINK_M + WALL.thicknessM + 0.1),
    skyRgb: new Color().setRGB(red, green, blue),
    showEgo(poses, frame) {
      rear.visible = false;
      placeCamera(ego, egoCameraPose(place(poses, frame), visual));
    },
    showAll(poses, frame) {
      rear.visible = true;
      place(poses, frame);
    },
    dispose() {
      for (const { geometry } of meshes) geometry.dispose();
      for (const material of Object.values(materials)) material.dispose();
    },
  };
}

export const taskScene: SceneMaker<Drawn> = {
  key: ({ goal, visual }) => JSON.stringify([goal, visual]),
  create: createScene,
};
