/** The world of one episode: loader, ball and rink, stepped at the physics rate. */
import { bodyNow, bodyNumbers } from 'brickyard/sim/engine/body-numbers.ts';
import { PHYSICS_HZ } from 'brickyard/sim/engine/control-period.ts';
import { PHYSICS_STEP_S, RAPIER } from 'brickyard/sim/engine/physics.ts';
import { hashFloats } from 'brickyard/sim/engine/state-hash.ts';
import type { Progress, World } from 'brickyard/sim/engine/world.ts';
import { WheelLoader } from 'brickyard/sim/robots/wheel-loader/loader.ts';
import { distanceTo, type LoaderPose } from 'brickyard/sim/robots/wheel-loader/loader-pose.ts';
import { createBall, createRink } from './bodies.ts';
import { nearestWall } from './geometry.ts';
import { observe, type StateLayout } from './observation.ts';
import type { BallStart, Goal } from './start.ts';

export interface BallState {
  xM: number;
  zM: number;
  vxMps: number;
  vzMps: number;
  speedMps: number;
}

/** Polished: with more the ball, which rolls forwards as it is pushed, would not climb the lip. */
const BUCKET_FRICTION = 0.02;

export class BallWorld implements World<BallStart> {
  readonly start: BallStart;
  readonly #rapier: RAPIER.World;
  readonly #loader: WheelLoader;
  readonly #ball: RAPIER.RigidBody;
  /** Physics steps since the start, and those for which the ball has rested in the goal without a break. */
  #steps = 0;
  #restSteps = 0;

  constructor(start: BallStart) {
    this.start = start;
    this.#rapier = new RAPIER.World({ x: 0, y: -9.81, z: 0 });
    this.#rapier.timestep = PHYSICS_STEP_S;
    createRink(this.#rapier);
    this.#loader = new WheelLoader(this.#rapier, start.loader, { bucketFriction: BUCKET_FRICTION, rims: [] });
    this.#ball = createBall(this.#rapier, start.ball, start.physics.rollingDamping);
  }

  step(action: ArrayLike<number>, seconds: number): void {
    const steps = Math.round(seconds * PHYSICS_HZ);
    for (let i = 0; i < steps; i++) {
      this.#loader.drive(action, this.start.physics.traction);
      this.#rapier.step();
      this.#loader.readBack();
      this.#steps++;
      const rests = this.isBallInGoal && this.ball.speedMps < this.start.success.restSpeedMps;
      this.#restSteps = rests ? this.#restSteps + 1 : 0;
    }
  }

  get timeS(): number {
    return this.#steps * PHYSICS_STEP_S;
  }

  /** The heading is not wrapped. */
  get loader(): LoaderPose {
    return { ...this.#loader.pose };
  }

  /** Speed of the loader along its heading, positive forwards. */
  get speedMps(): number {
    return this.#loader.speedMps;
  }

  get ball(): BallState {
    const { x: xM, z: zM } = this.#ball.translation();
    const { x, y, z } = this.#ball.linvel();
    return { xM, zM, vxMps: x, vzMps: z, speedMps: Math.sqrt(x * x + y * y + z * z) };
  }

  get goal(): Goal {
    return this.start.goal;
  }

  get isBallInGoal(): boolean {
    const { xM, zM } = this.ball;
    return distanceTo(this.goal, xM, zM) < this.goal.radiusM;
  }

  get progress(): Progress {
    return { done: this.isBallInGoal ? 1 : 0, total: 1 };
  }

  get isDone(): boolean {
    return this.#restSteps * PHYSICS_STEP_S >= this.start.success.restS - 1e-9;
  }

  /** The loader stands. */
  get isSettled(): boolean {
    return Math.abs(this.speedMps) < 0.02;
  }

  /** Pressed over a wall, or through one. */
  get lost(): 'ball-lost' | undefined {
    const { x, y, z } = this.#ball.translation();
    return nearestWall(x, z).gapM < 0 || y < 0 || y > 4 ? 'ball-lost' : undefined;
  }

  get isFinite(): boolean {
    return this.#stateNumbers().every(Number.isFinite);
  }

  observe(layout: string, out: Float32Array | number[]): void {
    observe(this, layout as StateLayout, out);
  }

  positions(): number[] {
    const { xM, zM, headingRad, liftM, tiltRad } = this.#loader.pose;
    const { ball } = this;
    return [xM, zM, headingRad, liftM, tiltRad, ball.xM, ball.zM];
  }

  describe(): string {
    const { ball, goal } = this;
    const place = (at: { xM: number; zM: number }) => `(${at.xM.toFixed(2)}, ${at.zM.toFixed(2)})`;
    const offM = distanceTo(goal, ball.xM, ball.zM);
    return `loader at ${place(this.#loader.pose)}, ball at ${place(ball)}, ${offM.toFixed(2)} m from the middle of the goal`;
  }

  writePose(out: Float32Array, offset: number): void {
    const { xM, zM, headingRad, liftM, tiltRad } = this.#loader.pose;
    const { x, y, z } = this.#ball.translation();
    const q = this.#ball.rotation();
    out.set([xM, zM, headingRad, liftM, tiltRad, x, y, z, q.x, q.y, q.z, q.w], offset);
  }

  /** A start that begins from here, velocities included; the time and how long the ball has rested begin anew. */
  startNow(): BallStart {
    return { ...this.start, loader: this.#loader.startNow(), ball: bodyNow(this.#ball) };
  }

  stateHash(): string {
    return hashFloats(this.#stateNumbers());
  }

  #stateNumbers(): number[] {
    const { xM, zM, headingRad, liftM, tiltRad } = this.#loader.pose;
    return [
      ...[xM, zM, headingRad, liftM, tiltRad],
      ...[this.#loader.wheelYawRateRadps, this.#steps, this.#restSteps],
      ...[...this.#loader.bodies, this.#ball].flatMap(bodyNumbers),
    ];
  }

  dispose(): void {
    this.#rapier.free();
  }
}
