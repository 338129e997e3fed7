/** The bricks' bodies. */
import type { BrickStart, PhysicsSpec } from '../episode-start.ts';
import { BRICK } from '../geometry.ts';
import { cos, sin } from '../math.ts';
import { RAPIER } from '../physics.ts';
import { GROUPS } from './groups.ts';

/**
 * A brick: length along its own x, height along y, width along z, turned by yaw about y.
 * Bricks may sleep: kept awake, twenty of them cost 79 us a physics step instead of 37; the bucket wakes what it touches.
 * Rounded edges: with sharp ones the lip pushes instead of scooping (52 % against 100 % of 150 bricks).
 */
export function createBrick(world: RAPIER.World, brick: BrickStart, physics: PhysicsSpec): RAPIER.RigidBody {
  const smallest = Math.min(brick.lengthM, brick.heightM, brick.widthM);
  const radius = Math.min(BRICK.edgeRadiusM, 0.3 * smallest);
  const body = world.createRigidBody(
    RAPIER.RigidBodyDesc.dynamic()
      .setTranslation(brick.xM, brick.yM, brick.zM)
      .setRotation({ x: 0, y: sin(brick.yawRad / 2), z: 0, w: cos(brick.yawRad / 2) })
      .setAngularDamping(0.3),
  );
  const shape = RAPIER.ColliderDesc.roundCuboid(
    brick.lengthM / 2 - radius,
    brick.heightM / 2 - radius,
    brick.widthM / 2 - radius,
    radius,
  )
    .setFriction(physics.brickFriction)
    .setMass(physics.brickDensityKgpm3 * brick.lengthM * brick.heightM * brick.widthM)
    .setCollisionGroups(GROUPS.brick);
  world.createCollider(shape, body);
  return body;
}
