/**
 * A supervised run on disk: RUN/supervisor/journal.jsonl is what it remembers, state.json what `train status` shows,
 * lock keeps a second supervisor away.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runLockHolder, takeRunLock } from '../../../runtime/run-lock.ts';
import { InputError, NegativeResult } from '../../../sim/errors.ts';
import { LineLog, readLines } from '../../../sim/host/line-log.ts';
import { applyLine } from './apply-line.ts';
import type { JournalLine } from './journal-line.ts';
import type { SupervisorPlan } from './plan.ts';
import { replay, type SupervisorState } from './state.ts';
import type { RunStatus } from './status.ts';
import type { RunJournal } from './world.ts';

export const supervisorFolder = (run: string): string => join(run, 'supervisor');
const journalPath = (run: string): string => join(supervisorFolder(run), 'journal.jsonl');
const statusPath = (run: string): string => join(supervisorFolder(run), 'state.json');

export class DiskJournal implements RunJournal {
  lines: readonly JournalLine[];
  readonly #path: string;
  readonly #log: LineLog;
  readonly #release: () => void;

  private constructor(run: string, lines: readonly JournalLine[], log: LineLog, release: () => void) {
    this.lines = lines;
    this.#path = journalPath(run);
    this.#log = log;
    this.#release = release;
  }

  /**
   * Of a new run.
   * @throws InputError when the folder has a journal already, or a living supervisor
   */
  static begin(run: string, plan: SupervisorPlan, nowMs: number): DiskJournal {
    const release = lock(run, plan.runId);
    try {
      if (readLines(journalPath(run)).length > 0)
        throw new InputError(
          `${run} is a run already: \`brickyard train resume ${plan.runId}\` goes on with it, or give another --run-id`,
        );
      const log = new LineLog(journalPath(run));
      const planned: JournalLine = { type: 'planned', plan, atMs: nowMs };
      log.append(JSON.stringify(planned));
      return new DiskJournal(run, [planned], log, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /**
   * Of a run that was begun.
   * @throws InputError when there is none, or a living supervisor has it
   */
  static reopen(run: string): DiskJournal {
    const lines = readJournal(run);
    const release = lock(run, (lines[0] as JournalLine & { type: 'planned' }).plan.runId);
    try {
      return new DiskJournal(run, readJournal(run), new LineLog(journalPath(run)), release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Of a run that has ended: goes on under a new plan of the same run. */
  goOn(plan: SupervisorPlan, nowMs: number): void {
    const line: JournalLine = { type: 'reopened', plan, atMs: nowMs };
    this.append(line);
    this.lines = [...this.lines, line];
  }

  /** @throws NegativeResult: what cannot be remembered is better not done */
  append(line: JournalLine): void {
    try {
      this.#log.append(JSON.stringify(line));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new NegativeResult(
        `the run's journal cannot be written (${code ?? message}), so its supervision ends here: make room for ${this.#path}, then \`brickyard train resume\`; until then the machine is left to its dead man's switch`,
      );
    }
  }

  close(): void {
    this.#log.close();
    this.#release();
  }
}

/** @throws InputError when `run` has no journal */
export function readJournal(run: string): JournalLine[] {
  const path = journalPath(run);
  if (!existsSync(path))
    throw new InputError(`${run} is no supervised run: it has no supervisor/journal.jsonl`);
  const lines = readLines(path).map((text) => JSON.parse(text) as JournalLine);
  if (lines[0]?.type !== 'planned')
    throw new InputError(`${path} does not begin with a plan: its supervisor ended before anything was done`);
  return lines;
}

/** What the journal in `run` adds up to; touches nothing. */
export function readState(run: string): SupervisorState {
  return replay(readJournal(run), applyLine);
}

/** For `train status`; by rename, so that a reader finds all of it. */
export function writeStatus(run: string, status: RunStatus): void {
  const path = statusPath(run);
  const temporary = `${path}.tmp-${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(status, null, 2)}\n`);
  renameSync(temporary, path);
}

/** Null before a supervisor wrote one. */
export function readStatus(run: string): RunStatus | null {
  const path = statusPath(run);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as RunStatus) : null;
}

function lock(run: string, runId: string): () => void {
  try {
    return takeRunLock(supervisorFolder(run), run);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const holder = runLockHolder(supervisorFolder(run));
    if (holder === null) throw error; // it cannot be locked at all
    throw new InputError(
      `run ${runId} is supervised by ${holder.text} already: \`brickyard train status ${runId}\` shows it, \`brickyard train stop ${runId}\` ends it`,
    );
  }
}
