/**
 * One episode of any task, step by step: observe, act, and so on until it is over; what happened is recorded on the way.
 * Whoever drives may take as long as it likes between two steps, so a policy that answers later drives like an expert.
 */
import { controlPeriodS, DEFAULT_FPS } from './control-period.ts';
import { Ending } from './ending.ts';
import type { EnvironmentSpec } from './environment-spec.ts';
import type { EpisodeStart } from './episode-start.ts';
import { clamp } from './math.ts';
import type { FrameNotes, Observation, Policy, View } from './policy.ts';
import { type FrameSource, ShownFrame } from './shown-frame.ts';
import type { AnyTask } from './task.ts';
import { taskOf } from './task-registry.ts';
import { type Outcome, SOURCES, type Trajectory } from './trajectory.ts';
import type { World } from './world.ts';

/** After success the episode continues until the world is settled, or for this long. */
export const AFTER_SUCCESS_S = 3;

export interface EnvironmentOptions {
  fps?: number;
  /** One of the task's state layouts; its first when left out. */
  state?: string;
  /** Draws for policies that look. */
  view?: View;
}

export const ENVIRONMENT_DEFAULTS = { fps: DEFAULT_FPS } as const satisfies EnvironmentOptions;

export class Environment implements FrameSource {
  readonly task: AnyTask;
  readonly world: World;
  readonly spec: EnvironmentSpec;
  readonly view: View | undefined;
  readonly #layout: string;
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
   * The episode that begins with `start`, whose task must have been loaded. Call `dispose` when done.
   * @throws InputError when fps does not divide the physics rate.
   */
  constructor(start: EpisodeStart, options: EnvironmentOptions = {}) {
    this.task = taskOf(start);
    const { stateLayouts, robot, phases } = this.task;
    const { fps = ENVIRONMENT_DEFAULTS.fps, state = Object.keys(stateLayouts)[0], view } = options;
    this.#periodS = controlPeriodS(fps);
    this.world = this.task.createWorld(start);
    this.#layout = state;
    this.view = view;
    const { actionNames, cameras } = robot;
    const stateNames = stateLayouts[state];
    this.spec = { fps, stateNames, actionNames, cameras, phases, poseSize: this.task.poseSize(start) };
    this.#most = Math.ceil((start.timeLimitS + AFTER_SUCCESS_S) * fps) + 1;
    const actions = () => new Float32Array(this.#most * actionNames.length);
    this.#poses = new Float32Array((this.#most + 1) * this.spec.poseSize);
    this.#states = new Float32Array(this.#most * stateNames.length);
    this.#asked = actions();
    this.#labels = actions();
    this.#executed = actions();
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

  /**
   * Makes the policy ready for this episode.
   * @param key the episode's name
   * @throws Error when it looks through a camera that there is not, or there is no view
   */
  begin<P extends Policy>(policy: P, key: string): ReturnType<P['reset']> {
    for (const camera of policy.cameras) {
      if (!this.view)
        throw new Error(`a policy that looks through ${camera} needs an environment with a view`);
      if (!this.spec.cameras.some((one) => one.key === camera))
        throw new Error(
          `a policy looks through ${camera}; there are ${this.spec.cameras.map((one) => one.key).join(', ')}`,
        );
    }
    const { start } = this.world;
    return policy.reset({ key, start, spec: this.spec }) as ReturnType<P['reset']>;
  }

  /** The frame shown now, as a policy gets it. */
  observe(): Observation {
    return new ShownFrame(this);
  }

  /** Its state, one row as in a trajectory. */
  state(): Float32Array {
    const state = new Float32Array(this.spec.stateNames.length);
    this.world.observe(this.#layout, state);
    return state;
  }

  /** Its pose, one row as in a trajectory. */
  pose(): Float32Array {
    const row = new Float32Array(this.spec.poseSize);
    this.world.writePose(row, 0);
    return row;
  }

  /** The poses of all frames up to it. */
  poses(): Float32Array {
    const end = this.#frames * this.spec.poseSize;
    this.world.writePose(this.#poses, end);
    return this.#poses.subarray(0, end + this.spec.poseSize);
  }

  /**
   * Records the frame shown now and runs one control period. `action` is the label, and drives unless `notes` say what
   * else does. Both are rounded to float32 and clamped to [-1, 1], NaN to 0, before anything acts, so that the
   * executed ones replay exactly.
   */
  act(action: ArrayLike<number>, notes: FrameNotes = {}): void {
    const { world, spec } = this;
    const frame = this.#frames++;
    const width = spec.stateNames.length;
    const controls = spec.actionNames.length;
    world.writePose(this.#poses, frame * spec.poseSize);
    world.observe(this.#layout, this.#states.subarray(frame * width, (frame + 1) * width));
    for (let i = 0; i < controls; i++) this.#asked[frame * controls + i] = action[i];
    writeAction(this.#labels, frame, controls, action);
    const executed = writeAction(this.#executed, frame, controls, notes.executed ?? action);
    this.#sources[frame] = SOURCES.indexOf(notes.source ?? 'expert');
    this.#labelValid[frame] = (notes.labelValid ?? true) ? 1 : 0;
    this.#phases[frame] = spec.phases.indexOf(this.task.phase(world));
    world.step(executed, this.#periodS);
  }

  /** What was asked for, before it was clamped: frames x controls. */
  askedActions(): Float32Array {
    return this.#asked.slice(0, this.#frames * this.spec.actionNames.length);
  }

  /** A start that begins from here. */
  fork(): EpisodeStart {
    return this.world.startNow();
  }

  /** How the episode ended, or would if it ended now. */
  verdict(): { outcome: Outcome; detail: string } {
    return this.#ending.verdict();
  }

  /** 16 hex digits over the exact bits of the state shown now. */
  hash(): string {
    return this.world.stateHash();
  }

  /** What happened up to now. */
  trajectory(): Trajectory {
    const { fps, stateNames, actionNames, poseSize } = this.spec;
    const frames = this.#frames;
    return {
      start: this.world.start,
      fps,
      stateNames,
      frames,
      poses: this.#poses.slice(0, frames * poseSize),
      states: this.#states.slice(0, frames * stateNames.length),
      actions: this.#labels.slice(0, frames * actionNames.length),
      executedActions: this.#executed.slice(0, frames * actionNames.length),
      sources: this.#sources.slice(0, frames),
      labelValid: this.#labelValid.slice(0, frames),
      phases: this.#phases.slice(0, frames),
      ...this.verdict(),
      finalStateHash: this.hash(),
    };
  }

  /** Simulated time at which the task counted as done; undefined before. */
  get successS(): number | undefined {
    return this.#ending.successS;
  }

  dispose(): void {
    this.world.dispose();
  }
}

/** The action as it acts, in its row of `rows`; without minus zeros, which a file's dictionary may not keep apart. */
function writeAction(
  rows: Float32Array,
  frame: number,
  controls: number,
  action: ArrayLike<number>,
): Float32Array {
  const row = rows.subarray(frame * controls, (frame + 1) * controls);
  for (let i = 0; i < controls; i++)
    row[i] = Number.isNaN(action[i]) ? 0 : clamp(Math.fround(action[i]), -1, 1) + 0;
  return row;
}
