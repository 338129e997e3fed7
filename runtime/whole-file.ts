/** Files appear whole or not at all: temporary name, fsync, rename, fsync of the folder. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from '../sim/errors.ts';
import { systemFault } from './errno.ts';
import { temporaryName } from './temporary-name.ts';

/** @throws InputError when the place cannot be written. */
export function writeWholeFile(path: string, content: string | Uint8Array): void {
  const temporary = temporaryName(path);
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, 'wx');
    try {
      const bytes = Buffer.from(content);
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    const folder = openSync(dirname(path), 'r');
    fsyncSync(folder);
    closeSync(folder);
  } catch (error) {
    rmSync(temporary, { force: true });
    const fault = systemFault(error);
    if (!fault) throw error;
    throw new InputError(`${path} cannot be written: ${fault}; free some space or choose another place`, {
      cause: error,
    });
  }
}
