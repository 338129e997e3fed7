/**
 * A supervised run on disk: RUN/supervisor/journal.jsonl is what it remembers, journal.copy.jsonl the same again,
 * because a machine that nothing remembers costs money, state.json what `train status` shows, lock keeps a second
 * supervisor away.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../../../runtime/disk.ts';
import { LineLog, readLines, readLog, rewriteLines } from '../../../runtime/line-log.ts';
import { readRegularSync } from '../../../runtime/regular-file.ts';
import { runLockHolder, takeRunLock } from '../../../runtime/run-lock.ts';
import { openSeal, seal } from '../../../runtime/sealed-json.ts';
import { copyOf } from '../../../runtime/twin-file.ts';
import { InputError, NegativeResult } from '../../../sim/errors.ts';
import { applyLine } from './apply-line.ts';
import type { JournalLine } from './journal-line.ts';
import type { SupervisorPlan } from './plan.ts';
import { replay, type SupervisorState } from './state.ts';
import type { RunStatus } from './status.ts';
import type { RunJournal } from './world.ts';

export const supervisorFolder = (run: string): string => join(run, 'supervisor');
const journalPath = (run: string): string => join(supervisorFolder(run), 'journal.jsonl');
const copyPath = (run: string): string => copyOf(journalPath(run));
const statusPath = (run: string): string => join(supervisorFolder(run), 'state.json');

export class DiskJournal implements RunJournal {
  lines: readonly JournalLine[];
  readonly #path: string;
  /** The journal, then its copy: what only the first has was not yet acted on. */
  readonly #logs: readonly LineLog[];
  readonly #release: () => void;

  private constructor(
    run: string,
    lines: readonly JournalLine[],
    logs: readonly LineLog[],
    release: () => void,
  ) {
    this.lines = lines;
    this.#path = journalPath(run);
    this.#logs = logs;
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
      const logs = [new LineLog(journalPath(run)), new LineLog(copyPath(run))];
      const planned: JournalLine = { type: 'planned', plan, atMs: nowMs };
      for (const log of logs) log.append(JSON.stringify(planned));
      return new DiskJournal(run, [planned], logs, release);
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
      const found = readJournal(run);
      return new DiskJournal(run, found, bothAs(run, found), release);
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
      for (const log of this.#logs) log.append(JSON.stringify(line));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new NegativeResult(
        `the run's journal cannot be written (${code ?? message}), so its supervision ends here: make room for ${this.#path}, then \`brickyard train resume\`; until then the machine is left to its dead man's switch`,
      );
    }
  }

  close(): void {
    for (const log of this.#logs) log.close();
    this.#release();
  }
}

/** @throws InputError when `run` has no journal */
export function readJournal(run: string): JournalLine[] {
  const path = journalPath(run);
  if (!existsSync(path))
    throw new InputError(`${run} is no supervised run: it has no supervisor/journal.jsonl`);
  const lines = intactLines(run);
  if (lines[0]?.type !== 'planned')
    throw new InputError(`${path} does not begin with a plan: its supervisor ended before anything was done`);
  return lines;
}

/** Of the journal, or of its copy where the journal is damaged: every line that was acted on is in both. */
function intactLines(run: string): JournalLine[] {
  const [journal, copy] = [journalPath(run), copyPath(run)].map((path) => readLog(path, lineOf));
  const undamaged = [journal, copy].filter(({ damaged }) => damaged.length === 0);
  const lengths = undamaged.map(({ values }) => values.length);
  // The longer one: the other lacks a line that was being written, or lost its end.
  const longest = undamaged[lengths.indexOf(Math.max(...lengths))];
  if (longest && (longest === journal || longest.values.length > 0)) return longest.values;
  const [{ line, why }] = [...journal.damaged, ...copy.damaged];
  throw new InputError(
    `${journalPath(run)}, line ${line} is damaged (${why}), and so is its copy: what this run has rented cannot be told for certain; end its machines at the provider, then start another run`,
  );
}

function lineOf(text: string): JournalLine {
  const line = JSON.parse(text) as JournalLine;
  if (typeof line?.type !== 'string') throw new Error('it is not a line of a journal');
  return line;
}

/** The journal and its copy, each made what was read where it is not. */
function bothAs(run: string, lines: readonly JournalLine[]): LineLog[] {
  return [journalPath(run), copyPath(run)].map((path) => {
    const { values, damaged } = readLog(path, lineOf);
    const same = damaged.length === 0 && JSON.stringify(values) === JSON.stringify(lines);
    if (!same)
      rewriteLines(
        path,
        lines.map((line) => JSON.stringify(line)),
      );
    return new LineLog(path);
  });
}

/** What the journal in `run` adds up to; touches nothing. */
export function readState(run: string): SupervisorState {
  return replay(readJournal(run), applyLine);
}

/** For `train status`; by rename, so that a reader finds all of it. */
export function writeStatus(run: string, status: RunStatus): void {
  replaceFile(statusPath(run), `${seal(JSON.stringify(status, null, 2))}\n`);
}

/** Null before a supervisor wrote one, and for a damaged one: the journal is what counts, and the next writes it anew. */
export function readStatus(run: string): RunStatus | null {
  const path = statusPath(run);
  if (!existsSync(path)) return null;
  const opened = openSeal(readRegularSync(path).toString('utf8'));
  if (opened.kind === 'damaged') return null;
  try {
    return JSON.parse(opened.text) as RunStatus;
  } catch {
    return null;
  }
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
