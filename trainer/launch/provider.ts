/**
 * Where a training runs. A provider starts one of the trainer's Python programs and passes on what it says; what is
 * trained it does not know. Other machines are no provider in this sense: a supervisor looks after those (remote/).
 */
import type { TrainerEvent } from './events.ts';

export interface TrainerJob {
  program: 'train.py' | 'export.py' | 'handover.py';
  args: readonly string[];
  /** Added to the program's environment. */
  env: Readonly<Record<string, string>>;
  onEvent(event: TrainerEvent): void;
  /** Each line of stdout that is no event. */
  onOutput(line: string): void;
  /** Each line of stderr: text for people. */
  onText(line: string): void;
}

export interface RunningJob {
  /** Exit code, 128 + signal where a signal ended it. Rejects with InputError when it could not be started. */
  readonly finished: Promise<number>;
  /** Asks it to keep its state and end. */
  interrupt(signal: NodeJS.Signals): void;
  /** Ends it and all that it started, at once. */
  kill(): void;
}

export interface TrainingProvider {
  readonly name: string;
  start(job: TrainerJob): RunningJob;
}

export const DEFAULT_PROVIDER = 'local';
