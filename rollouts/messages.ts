/** Every message between a rollout command and its workers. */

import type { ChunkOptions } from '../policy/action-chunks.ts';
import type { RendererOptions } from '../render/renderer.ts';
import type { ThreadTime } from '../runtime/thread-time.ts';
import type { Condition } from '../scenarios/suites/conditions.ts';
import type { RolloutResult } from './results.ts';
import type { Subject } from './subject.ts';

/** What all rollouts of a run share; given to each worker once. */
export interface RolloutSettings {
  /** The run's folder. */
  out: string;
  subject: Subject;
  fps: number;
  /** One of the task's layouts. */
  state: string;
  /** What all conditions are of; the default task when left out. */
  taskName?: string;
  /** Of the camera; what a policy gets. */
  widthPx: number;
  heightPx: number;
  chunk: ChunkOptions;
  /** A policy sees each frame as the video of the episode would show it, not as drawn. */
  throughCodec: boolean;
  backend: RendererOptions['backend'];
}

/** What a worker gets beside: nothing that decides results. */
export interface WorkerSettings extends RolloutSettings {
  /** Code of the drawing page, bundled once for all. */
  pageScript?: string;
}

export interface RolloutTask {
  /** Place in the set; names the trajectory's file. */
  index: number;
  condition: Condition;
  /** Recorded actions, where the subject replays a dataset. */
  replay?: Float32Array;
}

/** All that a worker has done since it started. */
export interface WorkerTimes {
  /** Of the thread: one that ends is replaced by another. */
  worker: number;
  /** Until simulator, policy and browser were there. */
  startupS: number;
  startupCpu: { threadS: number; browserS: number };
  /** From then on. */
  workingS: number;
  physics: ThreadTime;
  infer: ThreadTime;
  /** Wait for frames, summed over the rollouts side by side. */
  drawS: number;
  browserCpuS: number;
}

export type RolloutReply =
  | { result: RolloutResult; times: WorkerTimes }
  | { fault: string; kind: 'bad-input' | 'crash' };
