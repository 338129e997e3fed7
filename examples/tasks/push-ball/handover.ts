/** When a student that drives is relieved by the expert (DAgger). */
import type { DrivenFrame, HandoverWatch, Trigger } from 'brickyard/sim/engine/handover.ts';
import { distanceTo, LOADER_REACH_M } from 'brickyard/sim/robots/wheel-loader/loader-pose.ts';
import type { BallStart } from './start.ts';
import type { BallWorld } from './world.ts';

export const HANDOVER_LIMITS = {
  /** Less left to drive and to push by this much is progress … */
  progressM: 0.1,
  /** … and so long without progress is too long: on a wide way round with the ball the expert takes 10 s. */
  noProgressS: 15,
  /** The mean over so long of how far the student's action is from the expert's, largest of the four … */
  deviationS: 3,
  /** … beyond this is too far. */
  deviation: 1,
} as const;

export class BallHandoverWatch implements HandoverWatch<BallStart, BallWorld> {
  readonly #fps: number;
  #leastM = Number.POSITIVE_INFINITY;
  #idleFrames = 0;
  /** Of the student's latest frames. */
  #deviations: number[] = [];

  constructor(fps: number) {
    this.#fps = fps;
  }

  note(world: BallWorld, frame: DrivenFrame): Trigger | undefined {
    const isIdle = this.#noteProgress(world);
    if (this.#noteDeviation(frame)) return 'deviation';
    return isIdle ? 'no-progress' : undefined;
  }

  #noteProgress({ loader, ball, goal }: BallWorld): boolean {
    const toBallM = Math.max(0, distanceTo(loader, ball.xM, ball.zM) - LOADER_REACH_M);
    const leftM = toBallM + distanceTo(goal, ball.xM, ball.zM);
    if (leftM < this.#leastM - HANDOVER_LIMITS.progressM) {
      this.#leastM = leftM;
      this.#idleFrames = 0;
    } else this.#idleFrames++;
    return this.#idleFrames >= HANDOVER_LIMITS.noProgressS * this.#fps;
  }

  #noteDeviation({ executed, expert, byStudent }: DrivenFrame): boolean {
    if (!byStudent) return false;
    const frames = Math.round(HANDOVER_LIMITS.deviationS * this.#fps);
    const off = Array.from(expert, (value, i) => Math.abs(value - executed[i]));
    this.#deviations = [...this.#deviations, Math.max(...off)].slice(-frames);
    const sum = this.#deviations.reduce((a, b) => a + b, 0);
    return this.#deviations.length === frames && sum / frames > HANDOVER_LIMITS.deviation;
  }
}
