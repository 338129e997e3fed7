import fc from 'fast-check';
import { PerspectiveCamera, Quaternion, Vector3 } from 'three';
import { describe, expect, it } from 'vitest';
import { project } from '../../sim/engine/camera.ts';
import { egoCameraPose } from '../../sim/robots/wheel-loader/ego-camera.ts';
import { visibleBricks } from '../../sim/tasks/collect-bricks/visible-bricks.ts';
import { fixedBrick, fixedStart } from './fixed-starts.ts';

const { visual } = fixedStart('camera', {});
const shifted = {
  camera: { forwardM: 0.05, sidewaysM: -0.06, heightM: 0.08, pitchRad: 0.05, yawRad: -0.04, fovRad: 0.05 },
};
const still = { xM: 0, zM: 0, headingRad: 0, liftM: 0, tiltRad: 0 };

describe('the ego camera', () => {
  it('projects as a three.js camera with its quaternion and field does', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -9, max: 9, noNaN: true }),
        fc.double({ min: -8, max: 8, noNaN: true }),
        fc.double({ min: -8, max: 8, noNaN: true }),
        fc.constantFrom(visual, shifted),
        (headingRad, x, z, look) => {
          const pose = egoCameraPose({ ...still, xM: 1, zM: -2, headingRad }, look);
          const camera = new PerspectiveCamera((pose.verticalFovRad * 180) / Math.PI, 4 / 3, 0.01, 100);
          camera.position.copy(pose.position as Vector3);
          camera.quaternion.copy(new Quaternion(...Object.values(pose.quaternion)));
          camera.updateMatrixWorld();
          const ours = project(pose, { xM: x, yM: 0.1, zM: z }, 4 / 3);
          fc.pre(ours !== null);
          const theirs = new Vector3(x, 0.1, z).project(camera);
          const tolerance = 1e-6 * (1 + Math.abs(theirs.x) + Math.abs(theirs.y));
          expect(Math.abs(ours![0] - theirs.x)).toBeLessThan(tolerance);
          expect(Math.abs(ours![1] - theirs.y)).toBeLessThan(tolerance);
        },
      ),
    );
  });

  it('looks at its target', () => {
    const pose = egoCameraPose({ ...still, headingRad: 1.2 }, shifted);
    const forward = new Vector3(0, 0, -1).applyQuaternion(new Quaternion(...Object.values(pose.quaternion)));
    const target = new Vector3().copy(pose.target as Vector3).sub(pose.position as Vector3);
    expect(forward.distanceTo(target)).toBeLessThan(1e-9);
  });

  it('sees what lies ahead, not what lies behind or beside', () => {
    const seen = visibleBricks(
      still,
      [fixedBrick(0, 5, 0), fixedBrick(0, -5, 0), fixedBrick(6, 1, 0)],
      visual,
    );
    expect(seen).toEqual([0]);
  });

  it('does not see through the raised bucket, nor through a wall of the box', () => {
    const raised = { ...still, liftM: 0.95, tiltRad: 0.7 };
    expect(visibleBricks(raised, [fixedBrick(0, 2.2, 0), fixedBrick(0, 6, 0)], visual)).toEqual([1]);
    const before = { ...still, xM: 0, zM: -6, headingRad: -Math.PI / 2 };
    expect(visibleBricks(before, [fixedBrick(-7.2, -6, 0), fixedBrick(-4.8, -6, 0)], visual)).toEqual([1]);
  });

  it('sees the load when the bucket is down and when it is raised', () => {
    const load = (y: number) => ({ xM: 0, yM: y, zM: 1.1 });
    expect(visibleBricks(still, [load(0.1)], visual)).toEqual([0]);
    expect(visibleBricks({ ...still, liftM: 0.95, tiltRad: 0 }, [load(1.05)], visual)).toEqual([0]);
  });
});
