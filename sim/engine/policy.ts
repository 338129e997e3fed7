/**
 * Who drives: an expert, a network, a recording, a person. All of them are policies, and whoever runs episodes knows
 * nothing else of them. Each frame it shows the policy the world, and does what the policy answers:
 *
 *     await environment.begin(policy, key);
 *     while (!environment.isOver()) {
 *       const answer = await policy.act(environment.observe());
 *       environment.act(answer.action, answer);
 *     }
 */
import type { EnvironmentSpec } from './environment-spec.ts';
import type { EpisodeStart } from './episode-start.ts';
import type { Source } from './trajectory.ts';
import type { World } from './world.ts';

/** An episode that is about to be driven. */
export interface Episode {
  /** Its name, from which whatever a policy draws at random follows: the same episode is driven the same way. */
  readonly key: string;
  readonly start: EpisodeStart;
  readonly spec: EnvironmentSpec;
}

/** The frame shown now. All of it is read when it is asked for, which must be before the environment acts. */
export interface Observation {
  /** Its number, from 0. */
  readonly frame: number;
  /** As the spec names it. */
  readonly state: Float32Array;
  /** One row of poses, from which its picture can be drawn. */
  readonly pose: Float32Array;
  /** The rows of all frames up to this one, from which the video of the episode can be drawn. */
  readonly poses: Float32Array;
  /** All that there is: for experts, which may know what no robot can. */
  readonly world: World;
  /**
   * RGB, one row of pixels after the other from the top.
   * @throws Error where the environment was given no view
   */
  picture(camera: string): Promise<Uint8Array>;
}

/** Draws what cameras see. The engine cannot: whoever runs a policy that looks brings a renderer. */
export interface View {
  draw(observation: Observation, camera: string): Promise<Uint8Array>;
}

/** What sets a frame apart from one that the expert drove and labelled. */
export interface FrameNotes {
  /** What drives, where that is not the label. */
  executed?: ArrayLike<number>;
  /** Who drives; 'expert' when left out. */
  source?: Source;
  /** Whether the label may be learned from; true when left out. */
  labelValid?: boolean;
}

export interface Answer extends FrameNotes {
  /** The label, which also drives unless the notes say what else does. Raw numbers: the environment clamps them. */
  readonly action: ArrayLike<number>;
  /** Whether a network was asked in this frame, rather than an answer of an earlier one carried out. */
  readonly queried?: boolean;
}

/** It drives one episode at a time, and after `reset` nothing is left of those before. */
export interface Policy {
  /** Frames for which it plans at once, counted from the first: who shares the driving with it changes in between. */
  readonly actionSteps: number;
  /** Frames that its answer depends on, the one shown now included. Beyond 1, it must be shown every frame. */
  readonly history: number;
  /** Cameras whose pictures it asks for, by the keys of the spec. */
  readonly cameras: readonly string[];
  reset(episode: Episode): void | Promise<void>;
  /** Called once a frame, in order. May take its time: the simulation stands meanwhile. */
  act(observation: Observation): Answer | Promise<Answer>;
}

/** One that answers at once, so that an episode can be simulated without a turn of the event loop a frame. */
export interface SyncPolicy extends Policy {
  reset(episode: Episode): void;
  act(observation: Observation): Answer;
}
