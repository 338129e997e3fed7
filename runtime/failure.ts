/**
 * The ways in which a command fails, by name: what a process tells the one that started it, and what exit codes follow
 * from. trainer/brickyard_trainer/failures.py has the same names.
 */
import { z } from 'zod';
import { InputError, Interrupted, NegativeResult } from '../sim/errors.ts';
import { isFull, systemSentence } from './errno.ts';
import { INTERRUPTED_EXIT_CODE } from './interrupt.ts';
import { outsideFault } from './outside-task.ts';

export const EXIT = { done: 0, no: 1, badInput: 2, bug: 70, interrupted: INTERRUPTED_EXIT_CODE } as const;

const EXIT_CODES = {
  /** Bad usage or bad input: nothing was touched. */
  'bad-input': EXIT.badInput,
  /** The system does not allow it: permissions, limits. */
  refused: EXIT.badInput,
  'disk-full': EXIT.badInput,
  /** It ran, and the answer is no. */
  negative: EXIT.no,
  /** The loss or its gradient of a training is not finite. */
  diverged: EXIT.no,
  'out-of-memory': EXIT.no,
  /** Stopped by a signal; what was made is kept. */
  interrupted: EXIT.interrupted,
  bug: EXIT.bug,
} as const;
export type FailureKind = keyof typeof EXIT_CODES;
export const FAILURE_KINDS = Object.keys(EXIT_CODES) as FailureKind[];

/** A kind that only a newer version knows is read as a bug: its message says the rest. */
export const failureSchema = z.object({ kind: z.enum(FAILURE_KINDS).catch('bug'), message: z.string() });
export interface Failure {
  kind: FailureKind;
  /** What the user reads: one sentence, or one line a fault. */
  message: string;
}

/** A failure that another process reported, passed on as it is. */
export class ReportedFailure extends Error {
  override name = 'ReportedFailure';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/**
 * What was thrown, as a failure.
 * @param place named where an error of the system knows no path
 */
export function failureOf(error: unknown, place?: string): Failure {
  if (error instanceof ReportedFailure) return error.failure;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof InputError) return { kind: 'bad-input', message };
  if (error instanceof NegativeResult) return { kind: 'negative', message };
  if (error instanceof Interrupted) return { kind: 'interrupted', message };
  const sentence = systemSentence(error, place);
  const outside = sentence === undefined ? outsideFault(error) : undefined;
  if (outside !== undefined) return { kind: 'bad-input', message: outside };
  if (sentence === undefined) return { kind: 'bug', message: `internal error: ${message}` };
  return { kind: isFull(error) ? 'disk-full' : 'refused', message: sentence };
}

/** Of what a command threw. */
export const exitCodeOf = (error: unknown): number => EXIT_CODES[failureOf(error).kind];
