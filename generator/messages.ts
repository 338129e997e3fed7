/** Every message between the command and its workers, named in one place. */

import type { RenderingStack } from '../render/draw-request.ts';
import type { PoolData } from '../runtime/worker-channel.ts';
import type { Job } from '../scenarios/plan.ts';
import type { Scenario } from '../scenarios/schema.ts';
import type { Source } from '../sim/engine/trajectory.ts';
import type { FailedAttempt } from './episode.ts';
import type { DaggerNote } from './modes/dagger-attempt.ts';
import type { DaggerRecord } from './modes/dagger-record.ts';
import type { EpisodeKind, ModeSettings } from './modes/kind.ts';
import type { BackendChoice } from './settings.ts';

/** What all jobs of a run share; given to each worker once. */
export interface WorkerSettings extends PoolData {
  /** The dataset's folder. */
  out: string;
  seed: number;
  fps: number;
  state: string;
  /** The default task when left out. */
  taskName?: string;
  /** The expert drives when left out. */
  modes?: ModeSettings;
  /** In --mode dagger. */
  dagger?: DaggerRecord;
  widthPx: number;
  heightPx: number;
  backend: BackendChoice;
  /** On what `auto` means, among the workers of the run. */
  agreement?: SharedArrayBuffer;
  scenarios: Readonly<Record<string, { scenario: Scenario; hash: string }>>;
}

/** Make one episode and stage it. */
export interface EpisodeTask {
  job: Job;
  firstAttempt: number;
  maxAttempts: number;
  /** Replay the executed actions and compare the final state. */
  verify: boolean;
}

export interface KeptEpisode {
  scenario: string;
  attempt: number;
  frames: number;
  stagedBytes: number;
  /** Of the staged file; absent in journals from before it was noted. */
  stagedSha256?: string;
  finalStateHash: string;
  /** Absent in journals from before there were modes: the expert's. */
  kind?: EpisodeKind;
  /** Of a recovery: what it was disturbed by. */
  disturbance?: string;
  /** Frames by source. */
  sources?: Partial<Record<Source, number>>;
  /** Of an episode that a student drove to. */
  dagger?: DaggerNote;
}

/** Seconds spent, by what they were spent on; summed over a run's episodes. */
export interface StageSeconds {
  simulate: number;
  replay: number;
  draw: number;
  stage: number;
}

export interface EpisodeReply {
  job: Job;
  failures: FailedAttempt[];
  /** Absent when every attempt of the task failed. */
  kept?: KeptEpisode;
  seconds: StageSeconds;
  stack?: RenderingStack;
}

/** What kept a worker from finishing a task. Errors lose their class on the way between threads, so it is named. */
export interface TaskFault {
  kind: 'renderer-crash' | 'disk-full' | 'bad-input' | 'bug';
  message: string;
  stack?: string;
}

export type TaskReply = EpisodeReply | { job: Job; fault: TaskFault };
