/** What becomes of a command whose output nobody takes: a closed pipe is no fault, a full disk is one sentence. */
import { printable } from './printable.ts';

export interface OutputStreams {
  /** Whether what was to be printed could not be written. */
  failed(): boolean;
}

/**
 * From now on an output that cannot be written ends nothing: the command finishes its work, and ends with
 * `exitCode` unless the reader had merely seen enough.
 */
export function watchOutputStreams(exitCode: number): OutputStreams {
  let hasFailed = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || hasFailed) return; // `| head` has what it wanted
    hasFailed = true;
    process.exitCode = exitCode;
    process.stderr.write(
      `brickyard: the output cannot be written (${printable(error.code ?? error.message)}); what the command made is kept: free some space or redirect it elsewhere\n`,
    );
  });
  process.stderr.on('error', () => {}); // there is no place left to say so
  return { failed: () => hasFailed };
}
