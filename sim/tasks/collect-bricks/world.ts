/**
 * The world of one episode: loader, bricks, arena, events, stepped at 120 Hz.
 *
 * All that changes is in three places, so that a state can be copied: Rapier's world, `Controls` (what our own
 * code integrates) and nothing else; bodies are found again by their handles.
 */

import { PHYSICS_HZ } from '../../engine/control-period.ts';
import { cos, sin } from '../../engine/math.ts';
import { RAPIER } from '../../engine/physics.ts';
import { hashFloats } from '../../engine/state-hash.ts';
import { POSE_BRICK_SIZE, POSE_LOADER_SIZE } from '../../engine/trajectory.ts';
import { createBucket, moveBucket } from '../../robots/wheel-loader/bucket.ts';
import {
  type Chassis,
  chassisHeading,
  chassisSpeed,
  createChassis,
  driveChassis,
  placeHull,
} from '../../robots/wheel-loader/chassis.ts';
import { nextLift, nextTilt } from '../../robots/wheel-loader/lift-and-tilt.ts';
import { isInBucket, type LoaderPose } from '../../robots/wheel-loader/loader-pose.ts';
import { createArena } from './arena.ts';
import { brickNow, createBrick } from './bricks.ts';
import type { EpisodeStart, LoaderMotion } from './episode-start.ts';
import { CARRYING_LIFT_M, fireEvent, gripNow, isEventDue, remainingEvents } from './events.ts';
import { isInsideBox, isOutOfArena } from './success.ts';

/** What our own code integrates, beside Rapier's state. */
interface Controls extends LoaderPose {
  /** Yaw rate that the wheels ask for. */
  wheelYawRateRadps: number;
  /** Physics steps since the start. */
  steps: number;
  /** Steps for which a load has been carried without a break. */
  carriedSteps: number;
  /** Steps for which every brick has rested in the box. */
  restSteps: number;
  /** Which events have fired. */
  fired: boolean[];
}

export interface BrickState {
  xM: number;
  yM: number;
  zM: number;
  qx: number;
  qy: number;
  qz: number;
  qw: number;
  speedMps: number;
  inBucket: boolean;
  insideBox: boolean;
}

const STEP_S = 1 / PHYSICS_HZ;

export class World {
  readonly start: EpisodeStart;
  readonly #rapier: RAPIER.World;
  readonly #chassis: Chassis;
  readonly #bucket: RAPIER.RigidBody;
  readonly #bricks: RAPIER.RigidBody[];
  readonly #controls: Controls;

  private constructor(start: EpisodeStart) {
    this.start = start;
    this.#rapier = new RAPIER.World({ x: 0, y: -9.81, z: 0 });
    this.#rapier.timestep = STEP_S;
    const { motion, ...pose } = start.loader;
    this.#controls = {
      ...pose,
      wheelYawRateRadps: motion?.wheelYawRateRadps ?? 0,
      steps: 0,
      carriedSteps: 0,
      restSteps: 0,
      fired: start.events.map(() => false),
    };
    createArena(this.#rapier, start.physics.floorFriction);
    this.#chassis = createChassis(this.#rapier, start.loader);
    this.#bucket = createBucket(this.#rapier, this.#controls, start.physics.bucketFriction);
    this.#bricks = start.bricks.map((brick) => createBrick(this.#rapier, brick, start.physics));
  }

  /** The world at its start; `loadPhysics` must have been awaited. Call `dispose` when done: WASM is not collected. */
  static create(start: EpisodeStart): World {
    return new World(start);
  }

  /** Runs the physics for `seconds` (a whole number of 1/120 s) with the action held: steering, throttle, bucket, lift. */
  step(action: ArrayLike<number>, seconds: number): void {
    const steps = Math.round(seconds * PHYSICS_HZ);
    for (let i = 0; i < steps; i++) this.#substep(action);
  }

  #substep(action: ArrayLike<number>): void {
    const controls = this.#controls;
    const { body } = this.#chassis;
    this.#fireDueEvents();
    const traction = this.start.physics.traction * gripNow(this.start.events, this.timeS);
    const { headingRad, wheelYawRateRadps } = controls;
    const drive = driveChassis(body, headingRad, wheelYawRateRadps, action[0], action[1], traction, STEP_S);
    const liftM = nextLift(controls, action[3], STEP_S);
    const tiltRad = nextTilt(controls, liftM, action[2], STEP_S);
    const hullLiftM = controls.liftM;
    controls.wheelYawRateRadps = drive.yawRateRadps;
    controls.liftM = liftM;
    controls.tiltRad = tiltRad;
    if (liftM !== hullLiftM) placeHull(this.#chassis, liftM);
    const s = sin(controls.headingRad);
    const c = cos(controls.headingRad);
    moveBucket(this.#bucket, {
      xM: controls.xM + s * drive.speedMps * STEP_S,
      zM: controls.zM + c * drive.speedMps * STEP_S,
      headingRad: controls.headingRad + drive.yawRateRadps * STEP_S,
      liftM,
      tiltRad,
    });
    this.#rapier.step();
    this.#readBack();
  }

  #fireDueEvents(): void {
    const controls = this.#controls;
    this.start.events.forEach((event, i) => {
      if (controls.fired[i] || !isEventDue(event, this.timeS, controls.carriedSteps * STEP_S)) return;
      controls.fired[i] = true;
      controls.wheelYawRateRadps += fireEvent(event, controls, this.#bricks);
    });
  }

  #readBack(): void {
    const controls = this.#controls;
    const at = this.#chassis.body.translation();
    controls.xM = at.x;
    controls.zM = at.z;
    controls.headingRad = chassisHeading(this.#chassis.body, controls.headingRad);
    controls.steps++;
    controls.carriedSteps = this.#isCarrying() ? controls.carriedSteps + 1 : 0;
    controls.restSteps = this.#bricks.some((body) => this.#isRemaining(body)) ? 0 : controls.restSteps + 1;
  }

  #isCarrying(): boolean {
    const pose = this.#controls;
    return pose.liftM >= CARRYING_LIFT_M && this.#bricks.some((body) => isBrickInBucket(pose, body));
  }

  /** Not at rest in the box, or still in the bucket over it. */
  #isRemaining(body: RAPIER.RigidBody): boolean {
    const at = body.translation();
    if (!isInsideBox(at.x, at.y, at.z)) return true;
    const v = body.linvel();
    const limit = this.start.success.restSpeedMps;
    return v.x * v.x + v.y * v.y + v.z * v.z >= limit * limit || isBrickInBucket(this.#controls, body);
  }

  get timeS(): number {
    return this.#controls.steps * STEP_S;
  }

  /**
   * A start that goes on from here: poses, velocities, the events that have not fired. What a world cannot be started
   * with begins anew: the time, sleeping bricks, warm contacts, how long bricks have rested; so what follows differs
   * from what would have followed here in the last digits, and replays exactly from this start.
   */
  startNow(): EpisodeStart {
    const { xM, zM, headingRad, liftM, tiltRad, wheelYawRateRadps, carriedSteps, fired } = this.#controls;
    const { body } = this.#chassis;
    const { x, z } = body.linvel();
    const motion: LoaderMotion = {
      velocityMps: [x, z],
      yawRateRadps: body.angvel().y,
      wheelYawRateRadps,
    };
    return {
      ...this.start,
      loader: { xM, zM, headingRad, liftM, tiltRad, motion },
      bricks: this.start.bricks.map((brick, i) => ({ ...brick, ...brickNow(this.#bricks[i]) })),
      events: remainingEvents(this.start.events, fired, this.timeS, carriedSteps * STEP_S),
    };
  }

  /** Pose of the loader; the heading is not wrapped. */
  get loader(): LoaderPose {
    const { xM, zM, headingRad, liftM, tiltRad } = this.#controls;
    return { xM, zM, headingRad, liftM, tiltRad };
  }

  /** Speed along the heading, positive forwards. */
  get speedMps(): number {
    return chassisSpeed(this.#chassis.body, this.#controls.headingRad);
  }

  get yawRateRadps(): number {
    return this.#chassis.body.angvel().y;
  }

  /** All bricks, in the start's order. */
  bricks(): BrickState[] {
    return this.#bricks.map((body) => {
      const at = body.translation();
      const q = body.rotation();
      const v = body.linvel();
      return {
        xM: at.x,
        yM: at.y,
        zM: at.z,
        qx: q.x,
        qy: q.y,
        qz: q.z,
        qw: q.w,
        speedMps: Math.sqrt(v.x * v.x + v.y * v.y + v.z * v.z),
        inBucket: isInBucket(this.#controls, at.x, at.y, at.z),
        insideBox: isInsideBox(at.x, at.y, at.z),
      };
    });
  }

  /** Bricks that do not rest in the box; one in the bucket still remains. */
  get legosRemaining(): number {
    return this.#bricks.filter((body) => this.#isRemaining(body)).length;
  }

  /** Every brick has rested in the box for as long as the start's criteria ask. */
  get isDone(): boolean {
    return this.#controls.restSteps * STEP_S >= this.start.success.restS - 1e-9;
  }

  /** Number of the first brick that is beyond the walls or under the floor, or -1. */
  lostBrick(): number {
    return this.#bricks.findIndex((body) => {
      const at = body.translation();
      return isOutOfArena(at.x, at.y, at.z);
    });
  }

  /** Every number of the state is finite. */
  get isFinite(): boolean {
    return this.#stateNumbers().every(Number.isFinite);
  }

  /** Writes loader and bricks as trajectory.ts lays a pose out. */
  writePose(out: Float32Array, offset: number): void {
    const { xM, zM, headingRad, liftM, tiltRad } = this.#controls;
    out.set([xM, zM, headingRad, liftM, tiltRad], offset);
    this.bricks().forEach((brick, i) => {
      const { xM: x, yM: y, zM: z, qx, qy, qz, qw } = brick;
      out.set([x, y, z, qx, qy, qz, qw], offset + POSE_LOADER_SIZE + POSE_BRICK_SIZE * i);
    });
  }

  /** 16 hex digits over the exact bits of everything that moves. */
  stateHash(): string {
    return hashFloats(this.#stateNumbers());
  }

  #stateNumbers(): number[] {
    const { xM, zM, headingRad, liftM, tiltRad, steps, carriedSteps, restSteps, fired } = this.#controls;
    const { wheelYawRateRadps } = this.#controls;
    const numbers = [
      xM,
      zM,
      headingRad,
      liftM,
      tiltRad,
      wheelYawRateRadps,
      steps,
      carriedSteps,
      restSteps,
      ...fired.map(Number),
    ];
    for (const body of [this.#chassis.body, this.#bucket, ...this.#bricks]) {
      const at = body.translation();
      const q = body.rotation();
      const v = body.linvel();
      const w = body.angvel();
      numbers.push(at.x, at.y, at.z, q.x, q.y, q.z, q.w, v.x, v.y, v.z, w.x, w.y, w.z);
    }
    return numbers;
  }

  /** Frees the WASM memory; the world is of no use afterwards. */
  dispose(): void {
    this.#rapier.free();
  }
}

function isBrickInBucket(pose: LoaderPose, body: RAPIER.RigidBody): boolean {
  const at = body.translation();
  return isInBucket(pose, at.x, at.y, at.z);
}
