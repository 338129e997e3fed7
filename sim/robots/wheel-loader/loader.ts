/**
 * The wheel loader in a world: chassis, bucket, and what our own code integrates of them. A task creates it, steps it
 * once before each physics step, and reads it back once after.
 */
import { cos, sin } from '../../engine/math.ts';
import { PHYSICS_STEP_S, type RAPIER } from '../../engine/physics.ts';
import type { Robot } from '../../engine/robot.ts';
import { createBucket, moveBucket } from './bucket.ts';
import {
  type Chassis,
  chassisHeading,
  chassisSpeed,
  createChassis,
  driveChassis,
  placeHull,
} from './chassis.ts';
import { nextLift, nextTilt, type Rim } from './lift-and-tilt.ts';
import type { LoaderPose } from './loader-pose.ts';
import type { LoaderStart } from './loader-start.ts';

export const ACTION_NAMES = ['steering', 'throttle', 'bucket', 'lift'] as const;
export const ACTION_SIZE = ACTION_NAMES.length;

export const WHEEL_LOADER: Robot = {
  name: 'wheel-loader',
  noun: 'loader',
  actionNames: ACTION_NAMES,
  positive: ['left', 'forward', 'curl', 'up'],
  noiseAmplitude: [1.2, 0.7, 0.6, 0.6],
  cameras: [{ name: 'ego', key: 'observation.images.ego' }],
};

/** Numbers of a loader in a row of poses: x, z, heading, lift, tilt. */
export const POSE_LOADER_SIZE = 5;

/** What a task's world does to the loader. */
export interface LoaderSurroundings {
  bucketFriction: number;
  /** Walls with an edge that the lowered bucket would pass through: they hold it up. */
  rims: readonly Rim[];
}

export class WheelLoader {
  readonly #chassis: Chassis;
  readonly #bucket: RAPIER.RigidBody;
  readonly #rims: readonly Rim[];
  readonly #pose: LoaderPose;
  /** Yaw rate that the wheels ask for. */
  #wheelYawRateRadps: number;

  /** Adds the chassis, then the bucket: the order of bodies is part of what a replay repeats. */
  constructor(world: RAPIER.World, start: LoaderStart, { bucketFriction, rims }: LoaderSurroundings) {
    const { motion, ...pose } = start;
    this.#pose = { ...pose };
    this.#wheelYawRateRadps = motion?.wheelYawRateRadps ?? 0;
    this.#rims = rims;
    this.#chassis = createChassis(world, start);
    this.#bucket = createBucket(world, this.#pose, bucketFriction);
  }

  /** Drives chassis and bucket for the coming physics step. @param traction 1 = full grip */
  drive(action: ArrayLike<number>, traction: number): void {
    const pose = this.#pose;
    const { body } = this.#chassis;
    const { speedMps, yawRateRadps } = driveChassis(
      body,
      pose.headingRad,
      this.#wheelYawRateRadps,
      action[0],
      action[1],
      traction,
      PHYSICS_STEP_S,
    );
    const liftM = nextLift(pose, action[3], PHYSICS_STEP_S, this.#rims);
    const tiltRad = nextTilt(pose, liftM, action[2], PHYSICS_STEP_S);
    const hullLiftM = pose.liftM;
    this.#wheelYawRateRadps = yawRateRadps;
    pose.liftM = liftM;
    pose.tiltRad = tiltRad;
    if (liftM !== hullLiftM) placeHull(this.#chassis, liftM);
    moveBucket(this.#bucket, {
      xM: pose.xM + sin(pose.headingRad) * speedMps * PHYSICS_STEP_S,
      zM: pose.zM + cos(pose.headingRad) * speedMps * PHYSICS_STEP_S,
      headingRad: pose.headingRad + yawRateRadps * PHYSICS_STEP_S,
      liftM,
      tiltRad,
    });
  }

  /** Takes over where the physics step left the chassis. */
  readBack(): void {
    const at = this.#chassis.body.translation();
    this.#pose.xM = at.x;
    this.#pose.zM = at.z;
    this.#pose.headingRad = chassisHeading(this.#chassis.body, this.#pose.headingRad);
  }

  /** Turns the loader about at once by a kick of yaw rate. */
  kick(yawRateRadps: number): void {
    this.#wheelYawRateRadps += yawRateRadps;
  }

  /** As it is now, and changes with the loader: copy what is kept. The heading is not wrapped. */
  get pose(): Readonly<LoaderPose> {
    return this.#pose;
  }

  /** Speed along the heading, positive forwards. */
  get speedMps(): number {
    return chassisSpeed(this.#chassis.body, this.#pose.headingRad);
  }

  get yawRateRadps(): number {
    return this.#chassis.body.angvel().y;
  }

  get wheelYawRateRadps(): number {
    return this.#wheelYawRateRadps;
  }

  /** In the order in which a state hash takes them. */
  get bodies(): readonly RAPIER.RigidBody[] {
    return [this.#chassis.body, this.#bucket];
  }

  /** A start that begins from here, velocities included. */
  startNow(): LoaderStart {
    const { body } = this.#chassis;
    const { x, z } = body.linvel();
    const { xM, zM, headingRad, liftM, tiltRad } = this.#pose;
    return {
      ...{ xM, zM, headingRad, liftM, tiltRad },
      motion: {
        velocityMps: [x, z],
        yawRateRadps: body.angvel().y,
        wheelYawRateRadps: this.#wheelYawRateRadps,
      },
    };
  }
}
