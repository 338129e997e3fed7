/**
 * When a student that drives is relieved by the expert: before it wastes frames where nothing more is to be seen of it.
 * Deterministic, and free to know what no policy may: what is noted here is never a label.
 */

import type { DrivenFrame, HandoverWatch, Trigger } from '../../engine/handover.ts';
import { depthAt } from './expert/clearance.ts';
import { expertNow } from './expert/expert.ts';
import { BOX } from './geometry.ts';
import type { Phase } from './phases.ts';
import type { BricksStart } from './start.ts';
import type { BricksWorld } from './world.ts';

/** Over 68 expert episodes of all scenarios none of these fires (with 15 s for noProgressS two did). */
export const HANDOVER_DEFAULTS = {
  /** Nearer by this much to the next brick, or to the box with a load, is progress … */
  progressM: 0.1,
  /** … and so long without any, searching not counted, is none. */
  noProgressS: 20,
  /** Wheels that turn, a loader that touches wall or box and stands: for so long it is a collision (expert: 0.6 s). */
  collisionS: 1.5,
  contactGapM: 0.05,
  pressThrottle: 0.3,
  standingMps: 0.1,
  /** Longest stay in one stage (expert: 29.8, 25.1, 20.9 and 2.8 s). */
  stageS: { search: 45, collect: 40, deliver: 32, clear: 8 },
  /** The mean over so long of how far the student's action is from the expert's, largest of the four … */
  deviationS: 3,
  /** … beyond this is too far. */
  deviation: 1.2,
} as const;

type Stage = keyof typeof HANDOVER_DEFAULTS.stageS;

const STAGE_OF: Record<Phase, Stage> = {
  search: 'search',
  turn: 'collect',
  approach: 'collect',
  scoop: 'collect',
  lift: 'deliver',
  carry: 'deliver',
  'drive-in': 'deliver',
  tip: 'deliver',
  'back-off': 'clear',
  lower: 'clear',
};

export class BricksHandoverWatch implements HandoverWatch<BricksStart, BricksWorld> {
  readonly #fps: number;
  #progress = { remaining: -1, loaded: -1, nearestM: Number.POSITIVE_INFINITY };
  #idleFrames = 0;
  #pressedFrames = 0;
  #stage: Stage | undefined;
  #stageFrames = 0;
  /** Of the student's latest frames. */
  #deviations: number[] = [];

  constructor(fps: number) {
    this.#fps = fps;
  }

  /** Looks at the frame shown now, before it is driven; the first trigger that holds. */
  note(world: BricksWorld, frame: DrivenFrame): Trigger | undefined {
    const stage = STAGE_OF[expertNow(world).phase];
    const idle = this.#noteProgress(world, stage);
    const pressed = this.#notePress(world, frame.executed);
    const stays = this.#noteStage(stage);
    const off = this.#noteDeviation(frame);
    if (pressed) return 'collision';
    if (off) return 'deviation';
    if (idle) return 'no-progress';
    return stays ? 'stage-timeout' : undefined;
  }

  #noteProgress(world: BricksWorld, stage: Stage): boolean {
    const now = progressOf(world);
    const before = this.#progress;
    const changed = now.remaining !== before.remaining || now.loaded !== before.loaded;
    if (changed || now.nearestM < before.nearestM - HANDOVER_DEFAULTS.progressM) {
      this.#progress = now;
      this.#idleFrames = 0;
    } else if (stage !== 'search') this.#idleFrames++;
    return this.#idleFrames >= HANDOVER_DEFAULTS.noProgressS * this.#fps;
  }

  #notePress(world: BricksWorld, executed: ArrayLike<number>): boolean {
    const { contactGapM, pressThrottle, standingMps, collisionS } = HANDOVER_DEFAULTS;
    const { xM, zM, headingRad, liftM } = world.loader;
    const presses =
      Math.abs(executed[1]) > pressThrottle &&
      Math.abs(world.speedMps) < standingMps &&
      depthAt(xM, zM, headingRad, liftM) > -contactGapM;
    this.#pressedFrames = presses ? this.#pressedFrames + 1 : 0;
    return this.#pressedFrames >= collisionS * this.#fps;
  }

  #noteStage(stage: Stage): boolean {
    this.#stageFrames = stage === this.#stage ? this.#stageFrames + 1 : 0;
    this.#stage = stage;
    return this.#stageFrames >= HANDOVER_DEFAULTS.stageS[stage] * this.#fps;
  }

  #noteDeviation({ executed, expert, byStudent }: DrivenFrame): boolean {
    if (!byStudent) return false;
    const frames = Math.round(HANDOVER_DEFAULTS.deviationS * this.#fps);
    this.#deviations.push(deviationOf(executed, expert));
    if (this.#deviations.length > frames) this.#deviations.shift();
    if (this.#deviations.length < frames) return false;
    return this.#deviations.reduce((a, b) => a + b, 0) / frames > HANDOVER_DEFAULTS.deviation;
  }
}

/** The largest difference of the four numbers. */
export function deviationOf(executed: ArrayLike<number>, expert: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < expert.length; i++) most = Math.max(most, Math.abs(executed[i] - expert[i]));
  return most;
}

/** What is left to deliver, what is loaded, and how far it is to the next thing: a brick, or the box with a load. */
function progressOf(world: BricksWorld): { remaining: number; loaded: number; nearestM: number } {
  const { xM, zM } = world.loader;
  const distanceM = (x: number, z: number) => Math.sqrt((x - xM) * (x - xM) + (z - zM) * (z - zM));
  const bricks = world.bricks().filter(({ insideBox }) => !insideBox);
  const loaded = bricks.filter(({ inBucket }) => inBucket).length;
  const nearestM =
    loaded > 0
      ? distanceM(BOX.centreXM, BOX.centreZM)
      : Math.min(Number.POSITIVE_INFINITY, ...bricks.map((brick) => distanceM(brick.xM, brick.zM)));
  return { remaining: world.legosRemaining, loaded, nearestM };
}
