/** The bucket: a kinematic body that touches bricks only. */

import { GROUPS } from '../../engine/collision-groups.ts';
import { RAPIER } from '../../engine/physics.ts';
import { BUCKET } from './geometry.ts';
import type { LoaderPose } from './loader-pose.ts';
import { bucketFrame } from './loader-pose.ts';

const PLATE_M = BUCKET.lipHeightM;

export function createBucket(
  world: RAPIER.World,
  pose: LoaderPose,
  bucketFriction: number,
): RAPIER.RigidBody {
  const frame = bucketFrame(pose);
  const body = world.createRigidBody(
    RAPIER.RigidBodyDesc.kinematicPositionBased()
      .setTranslation(frame.x, frame.y, frame.z)
      .setRotation({ x: frame.qx, y: frame.qy, z: frame.qz, w: frame.qw }),
  );
  for (const shape of bucketShapes()) {
    shape.setFriction(bucketFriction).setFrictionCombineRule(RAPIER.CoefficientCombineRule.Min);
    world.createCollider(shape.setCollisionGroups(GROUPS.tool), body);
  }
  return body;
}

/** Floor, lip wedge, back and sides in the bucket's frame: x left, y up, z forwards from the pivot. */
function bucketShapes(): RAPIER.ColliderDesc[] {
  const halfWidth = BUCKET.widthM / 2;
  const floorEnd = BUCKET.floorDepthM;
  const tip = floorEnd + BUCKET.lipDepthM;
  const lip = RAPIER.ColliderDesc.convexHull(
    new Float32Array(
      [halfWidth, -halfWidth].flatMap((x) => [x, 0, floorEnd, x, PLATE_M, floorEnd, x, 0, tip]),
    ),
  );
  if (!lip) throw new Error('the lip of the bucket is no solid');
  const plate = (hx: number, hy: number, hz: number, x: number, y: number, z: number) =>
    RAPIER.ColliderDesc.cuboid(hx, hy, hz).setTranslation(x, y, z);
  const half = PLATE_M / 2;
  const sideX = halfWidth - half;
  const side = BUCKET.sideHeightM / 2;
  return [
    plate(halfWidth, half, floorEnd / 2, 0, half, floorEnd / 2),
    lip,
    plate(halfWidth, BUCKET.backHeightM / 2, half, 0, BUCKET.backHeightM / 2, -half),
    plate(half, side, floorEnd / 2, sideX, side, floorEnd / 2),
    plate(half, side, floorEnd / 2, -sideX, side, floorEnd / 2),
  ];
}

/** Where the bucket shall be after the next step; Rapier derives its velocity from the way there. */
export function moveBucket(body: RAPIER.RigidBody, next: LoaderPose): void {
  const frame = bucketFrame(next);
  body.setNextKinematicTranslation({ x: frame.x, y: frame.y, z: frame.z });
  body.setNextKinematicRotation({ x: frame.qx, y: frame.qy, z: frame.qz, w: frame.qw });
}
