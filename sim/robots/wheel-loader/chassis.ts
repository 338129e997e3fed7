/**
 * The chassis: a dynamic body that slides on the floor in x and z and turns about y, driven by setting its
 * velocity within what wheels can give; contacts with walls and box act on it like on anything else.
 */

import { GROUPS } from '../../engine/collision-groups.ts';
import { atan2, clamp, cos, sin, wrapAngle } from '../../engine/math.ts';
import { RAPIER } from '../../engine/physics.ts';
import { BUCKET, LOADER } from './geometry.ts';
import { BUCKET_TIP_M } from './loader-pose.ts';
import type { LoaderStart } from './loader-start.ts';

export interface Chassis {
  body: RAPIER.RigidBody;
  /** Unseen, of the bucket's size: stops the bucket at walls and box so that no brick is crushed there. */
  hull: RAPIER.Collider;
}

const HULL_HALF_HEIGHT_M = BUCKET.backHeightM / 2;
/** Rounded corners slide off the corner of the box into the lane behind it; sharp ones caught on a centimetre. */
const HULL_RADIUS_M = 0.1;
const HOVER_M = 0.02;

export function createChassis(world: RAPIER.World, start: LoaderStart): Chassis {
  const body = world.createRigidBody(
    RAPIER.RigidBodyDesc.dynamic()
      .setTranslation(start.xM, 0, start.zM)
      .setRotation({ x: 0, y: sin(start.headingRad / 2), z: 0, w: cos(start.headingRad / 2) })
      .enabledTranslations(true, false, true)
      .enabledRotations(false, true, false)
      .setGravityScale(0)
      .setCanSleep(false),
  );
  const halfHeight = (LOADER.chassisHeightM - LOADER.groundClearanceM) / 2;
  const chassis = RAPIER.ColliderDesc.cuboid(LOADER.chassisWidthM / 2, halfHeight, LOADER.chassisLengthM / 2)
    .setTranslation(0, halfHeight + LOADER.groundClearanceM, 0)
    .setMass(LOADER.massKg)
    .setCollisionGroups(GROUPS.body);
  world.createCollider(frictionless(chassis), body);
  const hull = RAPIER.ColliderDesc.roundCuboid(
    BUCKET.widthM / 2 - HULL_RADIUS_M,
    HULL_HALF_HEIGHT_M - HULL_RADIUS_M,
    BUCKET_TIP_M / 2 - HULL_RADIUS_M,
    HULL_RADIUS_M,
  )
    .setDensity(0)
    .setCollisionGroups(GROUPS.hull);
  const chassisWithHull = { body, hull: world.createCollider(frictionless(hull), body) };
  placeHull(chassisWithHull, start.liftM);
  if (start.motion) {
    const [x, z] = start.motion.velocityMps;
    body.setLinvel({ x, y: 0, z }, true);
    body.setAngvel({ x: 0, y: start.motion.yawRateRadps, z: 0 }, true);
  }
  return chassisWithHull;
}

function frictionless(shape: RAPIER.ColliderDesc): RAPIER.ColliderDesc {
  return shape.setFriction(0).setFrictionCombineRule(RAPIER.CoefficientCombineRule.Min);
}

/** The hull rises with the lift, or the bucket could not reach over the box. */
export function placeHull(chassis: Chassis, liftM: number): void {
  chassis.hull.setTranslationWrtParent({
    x: 0,
    y: liftM + HULL_HALF_HEIGHT_M + HOVER_M,
    z: BUCKET.pivotForwardM + BUCKET_TIP_M / 2,
  });
}

/** The heading nearest to `near`, so that it never jumps by a turn. */
export function chassisHeading(body: RAPIER.RigidBody, near: number): number {
  const q = body.rotation();
  return near + wrapAngle(2 * atan2(q.y, q.w) - near);
}

/** Speed along the heading, positive forwards. */
export function chassisSpeed(body: RAPIER.RigidBody, headingRad: number): number {
  const v = body.linvel();
  return v.x * sin(headingRad) + v.z * cos(headingRad);
}

/** Moves `value` towards `target` by at most `step`. */
export const approachValue = (value: number, target: number, step: number): number =>
  value + clamp(target - value, -step, step);

/**
 * Sets the velocities for the coming substep and returns them. The wheels' yaw rate ramps from what it was, not from
 * what contacts left of it: a loader that turns against a wall shoves itself off it. (With the body's own yaw rate
 * it took 45 s to turn by 1 rad there, and every wall was a trap.)
 */
export function driveChassis(
  body: RAPIER.RigidBody,
  headingRad: number,
  wheelYawRateRadps: number,
  steering: number,
  throttle: number,
  traction: number,
  stepS: number,
): { speedMps: number; yawRateRadps: number } {
  const speedMps = approachValue(
    chassisSpeed(body, headingRad),
    throttle * LOADER.maxSpeedMps,
    LOADER.accelerationMps2 * traction * stepS,
  );
  const yawLimit = LOADER.yawRateRadps + LOADER.yawRatePerSpeedRadps * Math.min(1, Math.abs(speedMps));
  const yawRateRadps = approachValue(
    wheelYawRateRadps,
    steering * yawLimit,
    LOADER.yawAccelerationRadps2 * traction * stepS,
  );
  body.setLinvel({ x: sin(headingRad) * speedMps, y: 0, z: cos(headingRad) * speedMps }, true);
  body.setAngvel({ x: 0, y: yawRateRadps, z: 0 }, true);
  return { speedMps, yawRateRadps };
}
