/** What the ground, the post and the puck look like, and where the camera is. */
import { perspectiveCamera, placeCamera, topCamera } from 'brickyard/sim/engine/scene/cameras.ts';
import { MeshBuilder } from 'brickyard/sim/engine/scene/mesh-builder.ts';
import { sceneMaterials } from 'brickyard/sim/engine/scene/shading.ts';
import type { SceneMaker, TaskScene } from 'brickyard/sim/engine/scene/task-scene.ts';
import { Color, Matrix4, Mesh, Scene } from 'three';
import { GROUND_HALF_M as HALF_M } from './puck.ts';
import type { PostStart } from './world.ts';

const FIELD_OF_VIEW_RAD = 1.2;

function createScene({ post, visual }: PostStart, aspect: number): TaskScene {
  const scene = new Scene();
  scene.matrixWorldAutoUpdate = false;
  // One matrix moves all vertices of the puck.
  const puckMatrix = new Matrix4();
  const materials = sceneMaterials(visual, [puckMatrix]);
  const still = new MeshBuilder();
  still.box([-HALF_M, -0.1, -HALF_M], [HALF_M, 0, HALF_M], visual.floorRgb);
  still.box([post.xM - 0.2, 0, post.zM - 0.2], [post.xM + 0.2, 2, post.zM + 0.2], [0.9, 0.1, 0.1]);
  const puck = new MeshBuilder();
  puck.box([-0.15, 0, -0.15], [0.15, 0.1, 0.15], [0.1, 0.2, 0.7]);
  const meshes = [new Mesh(still.build(), materials.still), new Mesh(puck.build(), materials.parts)];
  for (const mesh of meshes) {
    mesh.frustumCulled = false;
    scene.add(mesh);
  }
  const ego = perspectiveCamera(FIELD_OF_VIEW_RAD, aspect);
  const show = (poses: Float32Array, frame: number): void => {
    const [x, z] = poses.subarray(2 * frame, 2 * frame + 2);
    puckMatrix.makeTranslation(x, 0, z);
    // Above and behind the puck; half a turn about y, for cameras look along -z.
    const quaternion = { x: 0, y: 1, z: 0, w: 0 };
    placeCamera(ego, { position: { x, y: 1.2, z: z - 1 }, quaternion });
  };
  return {
    scene,
    ego,
    top: topCamera(HALF_M),
    skyRgb: new Color().setRGB(0.7, 0.8, 0.9),
    showEgo: show,
    showAll: show,
    dispose() {
      for (const { geometry } of meshes) geometry.dispose();
      for (const material of Object.values(materials)) material.dispose();
    },
  };
}

export const taskScene: SceneMaker<PostStart> = {
  // Starts with equal keys look the same, and share a scene.
  key: ({ post, visual }) => JSON.stringify([post, visual]),
  create: createScene,
};
