/** What the task puts into the physics: the rink, which never moves, and the ball. */
import { GROUPS } from 'brickyard/sim/engine/collision-groups.ts';
import { cos, PI, sin } from 'brickyard/sim/engine/math.ts';
import { RAPIER } from 'brickyard/sim/engine/physics.ts';
import { BALL_RADIUS_M, RINK_M, WALL_NORMALS } from './geometry.ts';
import type { BallBody } from './start.ts';

/** Walls go on upwards and outwards unseen: nothing leaves over them. */
const HALF_HEIGHT_M = 2;
const HALF_THICKNESS_M = 0.5;

export function createRink(world: RAPIER.World): void {
  world.createCollider(
    RAPIER.ColliderDesc.cuboid(2 * RINK_M, 1, 2 * RINK_M)
      .setTranslation(0, -1, 0)
      .setFriction(0.9)
      .setCollisionGroups(GROUPS.floor),
  );
  WALL_NORMALS.forEach(([x, z], k) => {
    const outM = RINK_M + HALF_THICKNESS_M;
    world.createCollider(
      RAPIER.ColliderDesc.cuboid(RINK_M / 2, HALF_HEIGHT_M, HALF_THICKNESS_M)
        .setTranslation(x * outM, HALF_HEIGHT_M, z * outM)
        .setRotation({ x: 0, y: sin((k * PI) / 8), z: 0, w: cos((k * PI) / 8) })
        .setFriction(0.2)
        .setCollisionGroups(GROUPS.static),
    );
  });
}

const BALL_MASS_KG = 8;

/** @param rollingDamping per second: it rolls on for its speed divided by this */
export function createBall(world: RAPIER.World, ball: BallBody, rollingDamping: number): RAPIER.RigidBody {
  const { xM, zM, yM = BALL_RADIUS_M, rotation: [x, y, z, w] = [0, 0, 0, 1], motion } = ball;
  const body = world.createRigidBody(
    RAPIER.RigidBodyDesc.dynamic()
      .setTranslation(xM, yM, zM)
      .setRotation({ x, y, z, w })
      .setLinearDamping(rollingDamping)
      .setAngularDamping(rollingDamping)
      .setCanSleep(false),
  );
  const shape = RAPIER.ColliderDesc.ball(BALL_RADIUS_M)
    .setMass(BALL_MASS_KG)
    .setFriction(0.6)
    .setRestitution(0)
    .setCollisionGroups(GROUPS.thing);
  world.createCollider(shape, body);
  if (motion) {
    const [vx, vy, vz] = motion.velocityMps;
    const [wx, wy, wz] = motion.spinRadps;
    body.setLinvel({ x: vx, y: vy, z: vz }, true);
    body.setAngvel({ x: wx, y: wy, z: wz }, true);
  }
  return body;
}
