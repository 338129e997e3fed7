/**
 * The run's memory on disk: OUT/.brickyard/run.json says what was begun, journal.jsonl what is done. A line is
 * appended and fsynced after the episode it names is staged, so whatever the journal says exists. A torn last
 * line, left by a kill, is cut off when the run is resumed.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Job } from '../scenarios/plan.ts';
import type { RenderingStack } from '../sim/host/draw-request.ts';
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
  #file: number;

  private constructor(file: number, state: JournalState) {
    this.#file = file;
    this.state = state;
  }

  /** What the journal in `folder` holds, without touching it. */
  static read(folder: string): JournalState {
    const state = emptyJournalState();
    for (const line of wholeLines(folder).split('\n'))
      if (line !== '') applyLine(state, JSON.parse(line) as JournalLine);
    return state;
  }

  /** Opens or creates the journal in `folder` and reads what it holds. */
  static open(folder: string): Journal {
    mkdirSync(folder, { recursive: true });
    const file = openSync(pathIn(folder), 'a');
    ftruncateSync(file, Buffer.byteLength(wholeLines(folder)));
    return new Journal(file, Journal.read(folder));
  }

  /** Returns once the line is on disk. */
  append(line: JournalLine): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
    fsyncSync(this.#file);
    applyLine(this.state, line);
  }

  close(): void {
    closeSync(this.#file);
  }
}

const pathIn = (folder: string): string => join(folder, 'journal.jsonl');

/** The journal's text up to its last line end. */
function wholeLines(folder: string): string {
  if (!existsSync(pathIn(folder))) return '';
  const text = readFileSync(pathIn(folder), 'utf8');
  return text.slice(0, text.lastIndexOf('\n') + 1);
}
