/**
 * The world of one episode: loader, bricks, arena, events, stepped at the physics rate.
 *
 * All that changes is in three places, so that a state can be copied: Rapier's world, the loader, and `Counters`.
 */
import { bodyNow, bodyNumbers } from '../../engine/body-numbers.ts';
import { PHYSICS_HZ } from '../../engine/control-period.ts';
import { PHYSICS_STEP_S, RAPIER } from '../../engine/physics.ts';
import { hashFloats } from '../../engine/state-hash.ts';
import type { Progress, World } from '../../engine/world.ts';
import { POSE_LOADER_SIZE, WheelLoader } from '../../robots/wheel-loader/loader.ts';
import { isInBucket, type LoaderPose } from '../../robots/wheel-loader/loader-pose.ts';
import { createArena } from './arena.ts';
import { createBrick } from './bricks.ts';
import { CARRYING_LIFT_M, fireEvent, gripNow, isEventDue, remainingEvents } from './events.ts';
import { BOX_RIM } from './geometry.ts';
import { observe, type StateLayout } from './observation.ts';
import type { BricksStart } from './start.ts';
import { POSE_BRICK_SIZE } from './start-poses.ts';
import { isInsideBox, isOutOfArena } from './success.ts';

/** What the task itself counts, beside the bodies. */
interface Counters {
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

export class BricksWorld implements World<BricksStart> {
  readonly start: BricksStart;
  readonly #rapier: RAPIER.World;
  readonly #loader: WheelLoader;
  readonly #bricks: RAPIER.RigidBody[];
  readonly #counters: Counters;

  private constructor(start: BricksStart) {
    this.start = start;
    this.#rapier = new RAPIER.World({ x: 0, y: -9.81, z: 0 });
    this.#rapier.timestep = PHYSICS_STEP_S;
    this.#counters = { steps: 0, carriedSteps: 0, restSteps: 0, fired: start.events.map(() => false) };
    createArena(this.#rapier, start.physics.floorFriction);
    const { bucketFriction } = start.physics;
    this.#loader = new WheelLoader(this.#rapier, start.loader, { bucketFriction, rims: [BOX_RIM] });
    this.#bricks = start.bricks.map((brick) => createBrick(this.#rapier, brick, start.physics));
  }

  /** The world at its start; `loadTask` must have been awaited. Call `dispose` when done: WASM is not collected. */
  static create(start: BricksStart): BricksWorld {
    return new BricksWorld(start);
  }

  step(action: ArrayLike<number>, seconds: number): void {
    const steps = Math.round(seconds * PHYSICS_HZ);
    for (let i = 0; i < steps; i++) this.#substep(action);
  }

  #substep(action: ArrayLike<number>): void {
    this.#fireDueEvents();
    this.#loader.drive(action, this.start.physics.traction * gripNow(this.start.events, this.timeS));
    this.#rapier.step();
    this.#loader.readBack();
    const counters = this.#counters;
    counters.steps++;
    counters.carriedSteps = this.#isCarrying() ? counters.carriedSteps + 1 : 0;
    const { pose } = this.#loader;
    const remains = this.#bricks.some((body) => this.#isRemaining(body, pose));
    counters.restSteps = remains ? 0 : counters.restSteps + 1;
  }

  #fireDueEvents(): void {
    const counters = this.#counters;
    this.start.events.forEach((event, i) => {
      if (counters.fired[i] || !isEventDue(event, this.timeS, counters.carriedSteps * PHYSICS_STEP_S)) return;
      counters.fired[i] = true;
      this.#loader.kick(fireEvent(event, this.#loader.pose, this.#bricks));
    });
  }

  #isCarrying(): boolean {
    const { pose } = this.#loader;
    return pose.liftM >= CARRYING_LIFT_M && this.#bricks.some((body) => isBrickInBucket(pose, body));
  }

  /** Not at rest in the box, or still in the bucket over it. */
  #isRemaining(body: RAPIER.RigidBody, pose: Readonly<LoaderPose>): boolean {
    const at = body.translation();
    if (!isInsideBox(at.x, at.y, at.z)) return true;
    const v = body.linvel();
    const limit = this.start.success.restSpeedMps;
    return v.x * v.x + v.y * v.y + v.z * v.z >= limit * limit || isBrickInBucket(pose, body);
  }

  get timeS(): number {
    return this.#counters.steps * PHYSICS_STEP_S;
  }

  /**
   * A start that begins from here: poses, velocities, the events that have not fired. What a world cannot be started
   * with begins anew: the time, sleeping bricks, warm contacts, how long bricks have rested; so what follows differs
   * from what would have followed here in the last digits, and replays exactly from this start.
   */
  startNow(): BricksStart {
    const { carriedSteps, fired } = this.#counters;
    return {
      ...this.start,
      loader: this.#loader.startNow(),
      bricks: this.start.bricks.map((brick, i) => ({ ...brick, ...bodyNow(this.#bricks[i]) })),
      events: remainingEvents(this.start.events, fired, this.timeS, carriedSteps * PHYSICS_STEP_S),
    };
  }

  /** Pose of the loader; the heading is not wrapped. */
  get loader(): LoaderPose {
    return { ...this.#loader.pose };
  }

  /** Speed along the heading, positive forwards. */
  get speedMps(): number {
    return this.#loader.speedMps;
  }

  get yawRateRadps(): number {
    return this.#loader.yawRateRadps;
  }

  /** All bricks, in the start's order. */
  bricks(): BrickState[] {
    const { pose } = this.#loader;
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
        inBucket: isInBucket(pose, at.x, at.y, at.z),
        insideBox: isInsideBox(at.x, at.y, at.z),
      };
    });
  }

  /** Bricks that do not rest in the box; one in the bucket still remains. */
  get legosRemaining(): number {
    const { pose } = this.#loader;
    return this.#bricks.filter((body) => this.#isRemaining(body, pose)).length;
  }

  get progress(): Progress {
    const total = this.#bricks.length;
    return { done: total - this.legosRemaining, total };
  }

  /** Every brick has rested in the box for as long as the start's criteria ask. */
  get isDone(): boolean {
    return this.#counters.restSteps * PHYSICS_STEP_S >= this.start.success.restS - 1e-9;
  }

  /** The bucket is down and level. */
  get isSettled(): boolean {
    const { liftM, tiltRad } = this.#loader.pose;
    return liftM < 0.02 && Math.abs(tiltRad) < 0.02;
  }

  /** A brick is beyond the walls or under the floor. */
  get lost(): 'brick-lost' | undefined {
    return this.#lostBrick() >= 0 ? 'brick-lost' : undefined;
  }

  #lostBrick(): number {
    return this.#bricks.findIndex((body) => {
      const at = body.translation();
      return isOutOfArena(at.x, at.y, at.z);
    });
  }

  get isFinite(): boolean {
    return this.#stateNumbers().every(Number.isFinite);
  }

  observe(layout: string, out: Float32Array | number[]): void {
    observe(this, layout as StateLayout, out);
  }

  positions(): number[] {
    const { xM, zM, headingRad, liftM, tiltRad } = this.loader;
    return [xM, zM, headingRad, liftM, tiltRad, ...this.bricks().flatMap((b) => [b.xM, b.yM, b.zM])];
  }

  describe(): string {
    const { xM, zM, headingRad, liftM } = this.loader;
    const bricks = this.bricks();
    const lost = this.#lostBrick();
    const open = bricks.findIndex((brick) => !brick.insideBox);
    const index = lost >= 0 ? lost : open;
    const place = (x: number, z: number) => `(${x.toFixed(2)}, ${z.toFixed(2)})`;
    const brick = index < 0 ? '' : `, brick ${index} at ${place(bricks[index].xM, bricks[index].zM)}`;
    const loader = `loader at ${place(xM, zM)} heading ${headingRad.toFixed(2)} lift ${liftM.toFixed(2)}`;
    return `${loader}, ${this.legosRemaining} of ${bricks.length} bricks remaining${brick}`;
  }

  /** Writes loader and bricks as start-poses.ts lays a row out. */
  writePose(out: Float32Array, offset: number): void {
    const { xM, zM, headingRad, liftM, tiltRad } = this.loader;
    out.set([xM, zM, headingRad, liftM, tiltRad], offset);
    this.bricks().forEach((brick, i) => {
      const { xM: x, yM: y, zM: z, qx, qy, qz, qw } = brick;
      out.set([x, y, z, qx, qy, qz, qw], offset + POSE_LOADER_SIZE + POSE_BRICK_SIZE * i);
    });
  }

  stateHash(): string {
    return hashFloats(this.#stateNumbers());
  }

  #stateNumbers(): number[] {
    const { xM, zM, headingRad, liftM, tiltRad } = this.loader;
    const { steps, carriedSteps, restSteps, fired } = this.#counters;
    const counted = [this.#loader.wheelYawRateRadps, steps, carriedSteps, restSteps, ...fired.map(Number)];
    return [
      ...[xM, zM, headingRad, liftM, tiltRad],
      ...counted,
      ...[...this.#loader.bodies, ...this.#bricks].flatMap(bodyNumbers),
    ];
  }

  dispose(): void {
    this.#rapier.free();
  }
}

function isBrickInBucket(pose: LoaderPose, body: RAPIER.RigidBody): boolean {
  const at = body.translation();
  return isInBucket(pose, at.x, at.y, at.z);
}
