import { Matrix4, type Mesh, Vector3 } from 'three';
import { describe, expect, test } from 'vitest';
import { project } from '../../sim/engine/camera.ts';
import { egoCameraPose } from '../../sim/robots/wheel-loader/ego-camera.ts';
import {
  LOADER_PART_COUNT,
  LOADER_PARTS,
  loaderFrontMesh,
  loaderRearMesh,
  placeLoader,
} from '../../sim/robots/wheel-loader/loader-mesh.ts';
import { bucketFrame } from '../../sim/robots/wheel-loader/loader-pose.ts';
import { studLayout } from '../../sim/tasks/collect-bricks/brick-mesh.ts';
import { BricksScene } from '../../sim/tasks/collect-bricks/scene.ts';
import { NEUTRAL_VISUAL, trialScene } from '../../sim/tasks/collect-bricks/trial-scene.ts';

const trial = trialScene({ frames: 40 });
const meshesOf = (world: BricksScene) => world.scene.children as Mesh[];

test('builds in Node, where there is no DOM', () => {
  expect(typeof document).toBe('undefined');
  const world = new BricksScene(trial.start, 4 / 3);
  world.showEgo(trial.poses, 0);
  world.showAll(trial.poses, 39);
  for (const mesh of meshesOf(world)) {
    const { position } = mesh.geometry.attributes;
    const index = mesh.geometry.index!;
    expect([...position.array].every(Number.isFinite)).toBe(true);
    expect(Math.max(...index.array)).toBe(position.count - 1);
  }
  world.dispose();
});

test('draws the whole arena with few draw calls', () => {
  const world = new BricksScene(trial.start, 4 / 3);
  world.showEgo(trial.poses, 0);
  expect(meshesOf(world).filter((mesh) => mesh.visible).length).toBeLessThanOrEqual(6);
});

test('leaves out bricks that the ego camera cannot see, never one that it can', () => {
  const world = new BricksScene(trial.start, 4 / 3);
  for (let frame = 0; frame < trial.frames; frame++) {
    world.showEgo(trial.poses, frame);
    const geometry = meshesOf(world).find((mesh) => 'blockColor' in mesh.geometry.attributes)!.geometry;
    const drawn = (geometry as unknown as { instanceCount: number }).instanceCount;
    const { ego } = world;
    const inView = trial.start.bricks.filter((_, i) => {
      const at = frame * (5 + 20 * 7) + 5 + i * 7;
      const point = new Vector3(...trial.poses.subarray(at, at + 3)).applyMatrix4(ego.matrixWorldInverse);
      if (point.z > 0) return false;
      point.applyMatrix4(ego.projectionMatrix);
      return Math.abs(point.x) < 1 && Math.abs(point.y) < 1;
    });
    expect(drawn).toBeGreaterThanOrEqual(inView.length);
    expect(drawn).toBeLessThan(20);
  }
});

test("the loader's bucket is where the physics has it", () => {
  const parts = Array.from({ length: LOADER_PART_COUNT }, () => new Matrix4());
  for (const [liftM, tiltRad] of [
    [0, 0],
    [0.6, 0.5],
    [1, -0.9],
  ]) {
    const pose = { xM: 1.5, zM: -2, headingRad: 2.2, liftM, tiltRad };
    placeLoader(parts, pose);
    const frame = bucketFrame(pose);
    const origin = new Vector3().setFromMatrixPosition(parts[LOADER_PARTS.bucket]);
    expect(origin.distanceTo(new Vector3(frame.x, frame.y, frame.z))).toBeLessThan(1e-9);
    const tip = new Vector3(0, 0, 0.76).applyMatrix4(parts[LOADER_PARTS.bucket]);
    expect(tip.y - frame.y).toBeCloseTo(0.76 * Math.sin(tiltRad), 6);
  }
});

describe('loader', () => {
  test('what the ego camera is spared is out of its view, also when it is shifted downwards', () => {
    const { position } = loaderRearMesh().build().attributes;
    const pose = { xM: 0, zM: 0, headingRad: 0, liftM: 0, tiltRad: 0 };
    const shift = { ...NEUTRAL_VISUAL.camera, pitchRad: -0.08, fovRad: 0.08 };
    const camera = egoCameraPose(pose, { camera: shift });
    for (let i = 0; i < position.count; i++) {
      const [xM, yM, zM] = [position.getX(i), position.getY(i), position.getZ(i)];
      // The hubs of the front wheels face away from the camera.
      if (Math.abs(xM) > 0.3 && yM < 0.62) continue;
      const at = project(camera, { xM, yM, zM }, 4 / 3);
      expect(at === null || at[1] < -1, `${[xM, yM, zM]}`).toBe(true);
    }
  });

  test('is the same on both sides', () => {
    for (const builder of [loaderFrontMesh(), loaderRearMesh()]) {
      const { position } = builder.build().attributes;
      const key = (x: number, y: number, z: number) => [x, y, z].map((v) => Math.round(v * 1e5) || 0).join();
      const all = new Set<string>();
      for (let i = 0; i < position.count; i++)
        all.add(key(position.getX(i), position.getY(i), position.getZ(i)));
      for (let i = 0; i < position.count; i++) {
        expect(all.has(key(-position.getX(i), position.getY(i), position.getZ(i)))).toBe(true);
      }
    }
  });
});

test.each([
  [0.4, 0.2, 4, 2],
  [0.2, 0.2, 2, 2],
  [0.65, 0.3, 7, 3],
  [0.04, 0.04, 1, 1],
])('a brick of %d x %d m carries %i x %i studs', (lengthM, widthM, along, across) => {
  expect(studLayout({ lengthM, widthM })).toEqual({ along, across });
});

test('an episode without bricks can be drawn', () => {
  const world = new BricksScene({ bricks: [], visual: NEUTRAL_VISUAL }, 1);
  world.showEgo(new Float32Array([0, 0, 0, 0, 0]), 0);
  expect(meshesOf(world).length).toBeGreaterThan(3);
});
