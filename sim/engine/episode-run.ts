/**
 * One episode, step by step: observe, act, and so on until it is over; what happened is recorded on the way. Whoever
 * drives may take as long as it likes between two steps, so a policy that answers later drives like an expert.
 */

import { Ending } from '../tasks/collect-bricks/ending.ts';
import type { EpisodeStart } from '../tasks/collect-bricks/episode-start.ts';
import { observe, STATE_LAYOUTS, type StateLayout } from '../tasks/collect-bricks/observation.ts';
import { World } from '../tasks/collect-bricks/world.ts';
import { controlPeriodS, DEFAULT_FPS } from './control-period.ts';
import { clamp } from './math.ts';
import {
  ACTION_SIZE,
  PHASES,
  type Phase,
  poseSize,
  SOURCES,
  type Source,
  type Trajectory,
} from './trajectory.ts';

/** After success the episode goes on until the bucket is down and level, or for this long. */
export const AFTER_SUCCESS_S = 3;

export interface EpisodeRunOptions {
  fps?: number;
  state?: StateLayout;
}

/** What sets a frame apart from one that the expert drove and labelled. */
export interface FrameNotes {
  /** What drives the loader, where that is not the label. */
  executed?: ArrayLike<number>;
  /** Who drives; 'expert' when left out. */
  source?: Source;
  /** Whether the label may be learned from; true when left out. */
  labelValid?: boolean;
}

export const EPISODE_RUN_DEFAULTS = { fps: DEFAULT_FPS, state: 'seed4' } as const satisfies EpisodeRunOptions;

export class EpisodeRun {
  readonly world: World;
  readonly fps: number;
  readonly stateNames: readonly string[];
  readonly #layout: StateLayout;
  readonly #periodS: number;
  readonly #most: number;
  readonly #poses: Float32Array;
  readonly #states: Float32Array;
  readonly #asked: Float32Array;
  readonly #labels: Float32Array;
  readonly #executed: Float32Array;
  readonly #sources: Uint8Array;
  readonly #labelValid: Uint8Array;
  readonly #phases: Uint8Array;
  readonly #ending: Ending;
  #frames = 0;

  /**
   * `loadPhysics` must have been awaited. Call `dispose` when done.
   * @throws InputError when fps does not divide the physics rate.
   */
  constructor(start: EpisodeStart, options: EpisodeRunOptions = {}) {
    const { fps, state } = { ...EPISODE_RUN_DEFAULTS, ...options };
    this.#periodS = controlPeriodS(fps);
    this.world = World.create(start);
    this.fps = fps;
    this.stateNames = STATE_LAYOUTS[state];
    this.#layout = state;
    this.#most = Math.ceil((start.timeLimitS + AFTER_SUCCESS_S) * fps) + 1;
    this.#poses = new Float32Array(this.#most * poseSize(start.bricks.length));
    this.#states = new Float32Array(this.#most * this.stateNames.length);
    this.#asked = new Float32Array(this.#most * ACTION_SIZE);
    this.#labels = new Float32Array(this.#most * ACTION_SIZE);
    this.#executed = new Float32Array(this.#most * ACTION_SIZE);
    this.#sources = new Uint8Array(this.#most);
    this.#labelValid = new Uint8Array(this.#most);
    this.#phases = new Uint8Array(this.#most);
    this.#ending = new Ending(this.world, AFTER_SUCCESS_S);
  }

  /** Frames recorded so far; the number of the frame that is shown now. */
  get frames(): number {
    return this.#frames;
  }

  /** Looks at the world: call it once before each `act`. */
  isOver(): boolean {
    return this.#frames >= this.#most || this.#ending.reached();
  }

  /** The state of the frame shown now, as a policy gets it. */
  observe(): Float32Array {
    const state = new Float32Array(this.stateNames.length);
    observe(this.world, this.#layout, state);
    return state;
  }

  /** The pose of the frame shown now: one row, as in a trajectory. */
  pose(): Float32Array {
    const row = new Float32Array(poseSize(this.world.start.bricks.length));
    this.world.writePose(row, 0);
    return row;
  }

  /**
   * Records the frame shown now and runs one control period. `action` is the label, and drives unless `notes` say what
   * else does. Both are rounded to float32 and clamped to [-1, 1], NaN to 0, before anything acts, so that the
   * executed ones replay exactly.
   */
  act(action: ArrayLike<number>, phase: Phase, notes: FrameNotes = {}): void {
    const { world } = this;
    const frame = this.#frames++;
    const size = poseSize(world.start.bricks.length);
    const width = this.stateNames.length;
    world.writePose(this.#poses, frame * size);
    observe(world, this.#layout, this.#states.subarray(frame * width, (frame + 1) * width));
    for (let i = 0; i < ACTION_SIZE; i++) this.#asked[frame * ACTION_SIZE + i] = action[i];
    writeAction(this.#labels, frame, action);
    const executed = writeAction(this.#executed, frame, notes.executed ?? action);
    this.#sources[frame] = SOURCES.indexOf(notes.source ?? 'expert');
    this.#labelValid[frame] = (notes.labelValid ?? true) ? 1 : 0;
    this.#phases[frame] = PHASES.indexOf(phase);
    world.step(executed, this.#periodS);
  }

  /** What was asked for, before it was clamped: frames x 4. */
  askedActions(): Float32Array {
    return this.#asked.slice(0, this.#frames * ACTION_SIZE);
  }

  /** What happened up to now. */
  trajectory(): Trajectory {
    const { start } = this.world;
    const frames = this.#frames;
    return {
      start,
      fps: this.fps,
      stateNames: this.stateNames,
      frames,
      poses: this.#poses.slice(0, frames * poseSize(start.bricks.length)),
      states: this.#states.slice(0, frames * this.stateNames.length),
      actions: this.#labels.slice(0, frames * ACTION_SIZE),
      executedActions: this.#executed.slice(0, frames * ACTION_SIZE),
      sources: this.#sources.slice(0, frames),
      labelValid: this.#labelValid.slice(0, frames),
      phases: this.#phases.slice(0, frames),
      ...this.#ending.verdict(),
      finalStateHash: this.world.stateHash(),
    };
  }

  /** Simulated time at which the last brick counted as delivered; undefined before. */
  get successS(): number | undefined {
    return this.#ending.successS;
  }

  dispose(): void {
    this.world.dispose();
  }
}

/** The action as it acts, in its row of `rows`; without minus zeros, which a file's dictionary may not keep apart. */
function writeAction(rows: Float32Array, frame: number, action: ArrayLike<number>): Float32Array {
  const row = rows.subarray(frame * ACTION_SIZE, (frame + 1) * ACTION_SIZE);
  for (let i = 0; i < ACTION_SIZE; i++)
    row[i] = Number.isNaN(action[i]) ? 0 : clamp(Math.fround(action[i]), -1, 1) + 0;
  return row;
}
