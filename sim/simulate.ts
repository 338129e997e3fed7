/** Runs an episode from its start to its end and records it. */
import { controlPeriodS, DEFAULT_FPS } from './control-period.ts';
import type { EpisodeStart } from './episode-start.ts';
import { type Action, expertAction, expertView } from './expert.ts';
import { clamp } from './math.ts';
import { observe, STATE_LAYOUTS, type StateLayout } from './observation.ts';
import { StuckDetector } from './stuck-detector.ts';
import { ACTION_SIZE, type Outcome, PHASES, type Phase, poseSize, type Trajectory } from './trajectory.ts';
import { World } from './world.ts';

export type Driver = (world: World) => { action: ArrayLike<number>; phase: Phase };

export interface SimulateOptions {
  fps?: number;
  state?: StateLayout;
  /** Who drives; the expert when left out. */
  driver?: Driver;
}

export const SIMULATE_DEFAULTS = { fps: DEFAULT_FPS, state: 'seed4' } as const satisfies SimulateOptions;

/** After success the episode goes on until the bucket is down and level, or for this long. */
export const AFTER_SUCCESS_S = 3;

export const expertDriver: Driver = (world): { action: Action; phase: Phase } =>
  expertAction(expertView(world));

/**
 * One episode. Actions are rounded to float32 and clamped to [-1, 1] before they act, so that the recorded ones
 * replay exactly. `loadPhysics` must have been awaited.
 * @throws InputError when fps does not divide the physics rate.
 */
export function simulateEpisode(start: EpisodeStart, options: SimulateOptions = {}): Trajectory {
  const { fps, state, driver } = { ...SIMULATE_DEFAULTS, driver: expertDriver, ...options };
  const periodS = controlPeriodS(fps);
  const world = World.create(start);
  try {
    return run(world, fps, periodS, state, driver);
  } finally {
    world.dispose();
  }
}

function run(world: World, fps: number, periodS: number, state: StateLayout, driver: Driver): Trajectory {
  const { start } = world;
  const names = STATE_LAYOUTS[state];
  const most = Math.ceil((start.timeLimitS + AFTER_SUCCESS_S) * fps) + 1;
  const size = poseSize(start.bricks.length);
  const poses = new Float32Array(most * size);
  const states = new Float32Array(most * names.length);
  const actions = new Float32Array(most * ACTION_SIZE);
  const phases = new Uint8Array(most);
  const ending = new Ending(world);
  let frames = 0;
  while (frames < most && !ending.reached()) {
    const { action, phase } = driver(world);
    world.writePose(poses, frames * size);
    observe(world, state, states.subarray(frames * names.length, (frames + 1) * names.length));
    const executed = actions.subarray(frames * ACTION_SIZE, (frames + 1) * ACTION_SIZE);
    for (let i = 0; i < ACTION_SIZE; i++) executed[i] = clamp(Math.fround(action[i]), -1, 1);
    phases[frames++] = PHASES.indexOf(phase);
    world.step(executed, periodS);
  }
  return {
    start,
    fps,
    stateNames: names,
    frames,
    poses: poses.slice(0, frames * size),
    states: states.slice(0, frames * names.length),
    actions: actions.slice(0, frames * ACTION_SIZE),
    executedActions: actions.slice(0, frames * ACTION_SIZE),
    sources: new Uint8Array(frames),
    labelValid: new Uint8Array(frames).fill(1),
    phases: phases.slice(0, frames),
    ...ending.verdict(),
    finalStateHash: world.stateHash(),
  };
}

/** Decides after each control period whether the episode is over, and why. */
class Ending {
  readonly #world: World;
  readonly #stuck = new StuckDetector();
  #outcome: Outcome | undefined;
  #successS = 0;

  constructor(world: World) {
    this.#world = world;
  }

  reached(): boolean {
    const world = this.#world;
    if (this.#outcome === 'success') return this.#isSettled();
    if (!world.isFinite) this.#outcome = 'non-finite';
    else if (world.isDone) {
      this.#outcome = 'success';
      this.#successS = world.timeS;
      return this.#isSettled();
    } else if (world.lostBrick() >= 0) this.#outcome = 'brick-lost';
    else if (world.timeS >= world.start.timeLimitS) this.#outcome = 'timeout';
    else if (this.#stuck.isStuck(world)) this.#outcome = 'stuck';
    return this.#outcome !== undefined;
  }

  #isSettled(): boolean {
    const { loader, timeS } = this.#world;
    const lowered = loader.liftM < 0.02 && Math.abs(loader.tiltRad) < 0.02;
    return lowered || timeS >= this.#successS + AFTER_SUCCESS_S;
  }

  verdict(): { outcome: Outcome; detail: string } {
    const world = this.#world;
    const outcome = this.#outcome ?? 'timeout';
    if (outcome === 'success') return { outcome, detail: '' };
    const { xM, zM, headingRad, liftM } = world.loader;
    const bricks = world.bricks();
    const lost = world.lostBrick();
    const open = bricks.findIndex((brick) => !brick.insideBox);
    const index = lost >= 0 ? lost : open;
    const place = (x: number, z: number) => `(${x.toFixed(2)}, ${z.toFixed(2)})`;
    const brick = index < 0 ? '' : `, brick ${index} at ${place(bricks[index].xM, bricks[index].zM)}`;
    const loader = `loader at ${place(xM, zM)} heading ${headingRad.toFixed(2)} lift ${liftM.toFixed(2)}`;
    return {
      outcome,
      detail: `${outcome} at ${world.timeS.toFixed(1)} s: ${loader}, ${world.legosRemaining} of ${bricks.length} bricks remaining${brick}`,
    };
  }
}
