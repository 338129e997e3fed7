/**
 * A task: what is in the world, when it is done, how it is done well, and how it goes wrong. Engine, generator and
 * evaluator know no task; they ask the one that a start belongs to (task-registry.ts).
 */
import type { Disturbance } from './disturbance.ts';
import type { EpisodeStart } from './episode-start.ts';
import type { FailedTrajectory, Failure } from './failure.ts';
import type { HandoverWatch } from './handover.ts';
import type { TaskMap } from './map.ts';
import type { Rng } from './rng.ts';
import type { Robot } from './robot.ts';
import type { World } from './world.ts';

/** Starts near places that a rollout found: without them a task has no `--from-report`. */
export interface Aiming<Start extends EpisodeStart, Place> {
  /** Where things were when a rollout began. */
  placeOfStart(start: Start): Place;
  /** Where they were in one row of its poses. */
  placeAt(start: Start, row: Float32Array): Place;
  /**
   * `drawn` with its things near `place`, never at it; undefined where nothing fits.
   * @param from a rollout's start leaves more room than a state on the way to a failure
   */
  startNear(drawn: Start, place: Place, from: 'start' | 'state', rng: Rng): Start | undefined;
}

export interface Task<
  Start extends EpisodeStart = EpisodeStart,
  W extends World<Start> = World<Start>,
  Place = unknown,
> {
  /** As scenarios and folders call it. */
  readonly name: string;
  readonly robot: Robot;
  /** What progress counts, in the singular and in the plural. */
  readonly thing: { one: string; many: string };
  /** Names of the state's numbers, by layout; the first layout is the default. */
  readonly stateLayouts: Readonly<Record<string, readonly string[]>>;
  /** What an episode consists of; stored as an index into this list. */
  readonly phases: readonly string[];
  /** `loadTask` must have been awaited. */
  createWorld(start: Start): W;
  /** Why stored data cannot be a start of this task; undefined when it can. */
  startFault(start: EpisodeStart): string | undefined;
  /** Things to be done from a start. */
  count(start: Start): number;
  /** Numbers in one row of an episode's poses; the first two are the robot's x and z. */
  poseSize(start: Start): number;
  /** One row: the poses before anything moves. */
  startPoses(start: Start): Float32Array;
  /** The expert's action: a deterministic, memoryless answer to any state. Asked more than once a frame: see oncePerFrame. */
  expert(world: W): readonly number[];
  /** Which of `phases` the frame shown now belongs to: derived from the world alone, whoever drives. */
  phase(world: W): string;
  /**
   * What an expert can recover from, by the names that summaries and starts call it; slots take turns in this order.
   * Without any there are no recoveries.
   */
  readonly disturbances?: Readonly<Record<string, Disturbance<Start, W>>>;
  /** When a student that drives is relieved; without it, once its time is up. */
  readonly handover?: {
    watch(fps: number): HandoverWatch<Start, W>;
    /** What the watch goes by, as the metadata of datasets tells it. */
    readonly limits: Readonly<Record<string, number | Readonly<Record<string, number>>>>;
  };
  readonly aiming?: Aiming<Start, Place>;
  readonly failures: {
    /** What each label means; rules are asked in this order, and the first that holds names the failure. */
    readonly meanings: Readonly<Record<string, string>>;
    /** Pure: the same trajectory always gets the same label. */
    label(trajectory: FailedTrajectory<Start>): Failure;
  };
  readonly map: TaskMap<Start>;
}

// biome-ignore lint/suspicious/noExplicitAny: starts and worlds of a task are known to that task alone
export type AnyTask = Task<any, any, any>;
