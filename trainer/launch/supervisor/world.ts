/** All that a supervisor touches. A simulation takes the place of every part. */
import type { Clock, Cloud, Host, PublishedCheckpoint, Random, RunStore } from '../remote/ports.ts';
import type { JournalLine } from './journal-line.ts';
import type { Report, RunStatus } from './status.ts';

export interface World {
  clock: Clock;
  random: Random;
  cloud: Cloud;
  host: Host;
  store: RunStore;
  journal: RunJournal;
  /** Ctrl-C, once: the trainer is asked for a checkpoint, everything is cleaned up. */
  stop: AbortSignal;
  /** Takes secrets out of what is written or said: errors of providers quote requests. */
  scrub(text: string): string;
  /** Must not throw. */
  report(report: Report): void;
  /** After every step that changed something; must not throw. */
  status(status: RunStatus): void;
  /** Each checkpoint that appears in storage, once in a supervisor's life; not waited for, must not throw. */
  onCheckpoint(checkpoint: PublishedCheckpoint): void;
}

export interface RunJournal {
  /** What earlier supervisors wrote; the plan first. */
  readonly lines: readonly JournalLine[];
  /** Returns once the line is on disk. */
  append(line: JournalLine): void;
}
