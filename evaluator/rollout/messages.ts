/** Every message between a rollout command and its workers. */
import type { Condition } from '../../scenarios/suites/conditions.ts';
import type { RendererOptions } from '../../sim/host/renderer.ts';
import type { StateLayout } from '../../sim/observation.ts';
import type { RolloutResult } from '../results.ts';
import type { ChunkOptions } from './policy-driver.ts';
import type { Subject } from './subject.ts';

/** What all rollouts of a run share; given to each worker once. */
export interface RolloutSettings {
  /** The run's folder. */
  out: string;
  subject: Subject;
  fps: number;
  state: StateLayout;
  /** Of the camera; what a policy gets. */
  widthPx: number;
  heightPx: number;
  chunk: ChunkOptions;
  backend: RendererOptions['backend'];
}

export interface RolloutTask {
  /** Place in the set; names the trajectory's file. */
  index: number;
  condition: Condition;
  /** Recorded actions, where the subject replays a dataset. */
  replay?: Float32Array;
}

/** Seconds of one rollout. `draw` and `infer` include the wait for the rollout beside it. */
export interface RolloutSeconds {
  physics: number;
  draw: number;
  infer: number;
}

export type RolloutReply =
  | { result: RolloutResult; seconds: RolloutSeconds }
  | { fault: string; kind: 'bad-input' | 'crash' };
