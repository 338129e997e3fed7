/** Reads scenario files from disk: regular files of a sane size, in UTF-8. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { InputError } from '../sim/errors.ts';
import { parseScenario } from './parse.ts';
import type { Scenario } from './schema.ts';
import { YAML_LIMITS } from './yaml-document.ts';

/** @throws InputError for a file that cannot be read, is no plain file, is too big, or holds no valid scenario. */
export function readScenarioFile(path: string, shownAs = basename(path)): Scenario {
  const subject = `scenario file ${shownAs}`;
  return parseScenario(readPlainText(path, subject), subject);
}

/** The text of a regular file of a sane size. */
export function readPlainText(path: string, subject: string): string {
  let handle: number;
  try {
    if (lstatSync(path).isSymbolicLink())
      throw new InputError(`${subject} is a symbolic link; name the file that it points to`);
    // Neither follows a link that came in between, nor waits for the other end of a pipe.
    handle = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `${subject} cannot be read (${(error as NodeJS.ErrnoException).code}); check the path`,
    );
  }
  try {
    const { size } = checkedStat(handle, subject);
    const bytes = readFileSync(handle);
    if (bytes.length > YAML_LIMITS.bytes) throw tooBig(subject, size);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw new InputError(`${subject} is no UTF-8 text; save it as UTF-8`);
    throw error;
  } finally {
    closeSync(handle);
  }
}

function checkedStat(handle: number, subject: string) {
  const stat = fstatSync(handle);
  if (!stat.isFile()) throw new InputError(`${subject} is no regular file; name a YAML file`);
  if (stat.size > YAML_LIMITS.bytes) throw tooBig(subject, stat.size);
  return stat;
}

function tooBig(subject: string, bytes: number): InputError {
  return new InputError(
    `${subject} has ${bytes} bytes, more than ${YAML_LIMITS.bytes}; a scenario is a page of text`,
  );
}
