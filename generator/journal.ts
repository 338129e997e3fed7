/**
 * The run's memory on disk: OUT/.brickyard/run.json says what was begun, journal.jsonl what is done. A line is
 * appended and fsynced after the episode it names is staged, so whatever the journal says exists.
 */
import { join } from 'node:path';
import type { Job } from '../scenarios/plan.ts';
import type { RenderingStack } from '../sim/host/draw-request.ts';
import { LineLog, readLines } from '../sim/host/line-log.ts';
import type { FailedAttempt } from './episode.ts';
import type { KeptEpisode, StageSeconds } from './messages.ts';

export type JournalLine =
  | { type: 'stack'; stack: RenderingStack }
  /** Attempts that failed; the job goes on at `nextAttempt`. */
  | { type: 'failed'; job: number; failures: FailedAttempt[]; nextAttempt: number }
  | { type: 'kept'; job: number; failures: FailedAttempt[]; kept: KeptEpisode; seconds: StageSeconds };

/** What a journal adds up to. */
export interface JournalState {
  kept: Map<number, KeptEpisode>;
  /** By scenario/slot/attempt: a job that is done twice, because its staged file was damaged, counts once. */
  failed: Map<string, FailedAttempt>;
  nextAttempt: Map<number, number>;
  stack?: RenderingStack;
  seconds: StageSeconds;
}

export const emptyJournalState = (): JournalState => ({
  kept: new Map(),
  failed: new Map(),
  nextAttempt: new Map(),
  seconds: { simulate: 0, replay: 0, draw: 0, stage: 0 },
});

/** Takes one line into the state. */
export function applyLine(state: JournalState, line: JournalLine): void {
  switch (line.type) {
    case 'stack':
      state.stack = line.stack;
      break;
    case 'failed':
      noteFailures(state, line.failures);
      state.nextAttempt.set(line.job, line.nextAttempt);
      break;
    case 'kept':
      noteFailures(state, line.failures);
      state.kept.set(line.job, line.kept);
      for (const key of Object.keys(state.seconds) as (keyof StageSeconds)[])
        state.seconds[key] += line.seconds[key];
  }
}

function noteFailures(state: JournalState, failures: readonly FailedAttempt[]): void {
  for (const failure of failures)
    state.failed.set(`${failure.scenario}/${failure.slot}/${failure.attempt}`, failure);
}

/** The line that records a reply. */
export function replyLine(reply: {
  job: Job;
  failures: FailedAttempt[];
  kept?: KeptEpisode;
  seconds: StageSeconds;
  nextAttempt: number;
}): JournalLine {
  const { job, failures, kept, seconds, nextAttempt } = reply;
  if (kept) return { type: 'kept', job: job.index, failures, kept, seconds };
  return { type: 'failed', job: job.index, failures, nextAttempt };
}

export class Journal {
  readonly state: JournalState;
  readonly #log: LineLog;

  private constructor(log: LineLog, state: JournalState) {
    this.#log = log;
    this.state = state;
  }

  /** What the journal in `folder` holds, without touching it. */
  static read(folder: string): JournalState {
    const state = emptyJournalState();
    for (const line of readLines(pathIn(folder))) applyLine(state, JSON.parse(line) as JournalLine);
    return state;
  }

  /** Opens or creates the journal in `folder` and reads what it holds. */
  static open(folder: string): Journal {
    return new Journal(new LineLog(pathIn(folder)), Journal.read(folder));
  }

  /** Returns once the line is on disk. */
  append(line: JournalLine): void {
    this.#log.append(JSON.stringify(line));
    applyLine(this.state, line);
  }

  close(): void {
    this.#log.close();
  }
}

const pathIn = (folder: string): string => join(folder, 'journal.jsonl');
