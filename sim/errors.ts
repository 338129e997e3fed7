/**
 * The ways in which a command ends that are nobody's bug. Anything else that is thrown is ours.
 * A message names subject, value, bound and remedy, and stands alone as one sentence or one line a fault.
 */

/** Bad usage or bad input: exit code 2. Nothing was touched. */
export class InputError extends Error {
  override name = 'InputError';
}

/** It ran, but the answer is no: exit code 1. */
export class NegativeResult extends Error {
  override name = 'NegativeResult';
}

/** It was stopped by a signal; what it made is kept: exit code 130. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

/**
 * Throws one InputError that lists all faults; returns when there are none.
 * @param subject a thing, for "SUBJECT: fault" and "SUBJECT has 3 faults"; never a sentence
 * @param shown more than these are only counted
 */
export function throwFaults(
  subject: string,
  faults: readonly string[],
  shown = Number.POSITIVE_INFINITY,
): void {
  if (faults.length === 0) return;
  if (faults.length === 1) throw new InputError(`${subject}: ${faults[0]}`);
  const more = faults.length > shown ? [`and ${faults.length - shown} more`] : [];
  const lines = [...faults.slice(0, shown), ...more].map((fault) => `  - ${fault}`);
  throw new InputError(`${subject} has ${faults.length} faults:\n${lines.join('\n')}`);
}

/** What `read` returns; when it throws an InputError its message joins `faults`, and nothing is returned. */
export function orFault<T>(faults: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    faults.push(error.message);
    return undefined;
  }
}
