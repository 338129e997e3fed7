/**
 * The run's memory on disk: OUT/.brickyard/run.json says what was begun, journal.jsonl what is done. A line is
 * appended and fsynced after the episode it names is staged, so whatever the journal says exists. What a damaged line
 * said of an episode is made again; what made the pictures is written twice, since nothing else says it.
 */
import { join } from 'node:path';
import type { RenderingStack } from '../render/draw-request.ts';
import { type DamagedLine, LineLog, readLog } from '../runtime/line-log.ts';
import type { Job } from '../scenarios/plan.ts';
import { InputError } from '../sim/errors.ts';
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

/** Whose failed attempts are not all in the journal, so that neither its episode nor its next attempt can be relied on. */
export function jobsWithGaps(state: JournalState, jobs: readonly Job[]): Job[] {
  return jobs.filter(({ index, scenario, slot }) => {
    const kept = state.kept.get(index);
    if (kept && kept.scenario !== scenario) return true;
    const attempts = kept?.attempt ?? state.nextAttempt.get(index) ?? 0;
    for (let attempt = 0; attempt < attempts; attempt++)
      if (!state.failed.has(`${scenario}/${slot}/${attempt}`)) return true;
    return false;
  });
}

/** @throws InputError when nothing says any more what drew the episodes that the journal in `folder` has */
export function assertStackKnown(folder: string, { stack, kept }: JournalState): void {
  if (stack || kept.size === 0) return;
  throw new InputError(
    `${pathIn(folder)} is damaged: it no longer says which browser and graphics drew its ${kept.size} episodes; remove ${folder} and begin the run again`,
  );
}

export class Journal {
  readonly state: JournalState;
  /** Lines that were damaged, and are gone now. */
  readonly damaged: number;
  readonly #log: LineLog;

  private constructor(log: LineLog, state: JournalState, damaged: number) {
    this.#log = log;
    this.state = state;
    this.damaged = damaged;
  }

  /** What the journal in `folder` holds, without touching it. */
  static read(folder: string): JournalState {
    return readJournal(folder).state;
  }

  /** Opens or creates the journal in `folder` and reads what it holds. */
  static open(folder: string): Journal {
    const { state, damaged } = readJournal(folder);
    return new Journal(new LineLog(pathIn(folder), damaged), state, damaged.length);
  }

  /** Returns once the line is on disk. */
  append(line: JournalLine): void {
    const copies = line.type === 'stack' ? 2 : 1;
    for (let i = 0; i < copies; i++) this.#log.append(JSON.stringify(line));
    applyLine(this.state, line);
  }

  close(): void {
    this.#log.close();
  }
}

function readJournal(folder: string): { state: JournalState; damaged: DamagedLine[] } {
  const { values, damaged } = readLog(pathIn(folder), journalLine);
  const state = emptyJournalState();
  for (const line of values) applyLine(state, line);
  return { state, damaged };
}

/** @throws Error for what is not a line of a journal */
function journalLine(text: string): JournalLine {
  const line = JSON.parse(text) as JournalLine;
  const isOfJob = (): boolean => 'job' in line && Number.isInteger(line.job) && Array.isArray(line.failures);
  if (line.type === 'stack' && typeof line.stack?.backend === 'string') return line;
  if (line.type === 'failed' && isOfJob() && Number.isInteger(line.nextAttempt)) return line;
  if (line.type === 'kept' && isOfJob() && Number.isInteger(line.kept?.frames) && line.seconds) return line;
  throw new Error('not a line of a journal');
}

const pathIn = (folder: string): string => join(folder, 'journal.jsonl');
