/** Whether a folder that a command will write can be made where the user wants it: asked before any work is done. */
import { lstatSync, mkdirSync, rmdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../sim/errors.ts';
import { systemFault } from './errno.ts';
import { printable } from './printable.ts';
import { temporaryName } from './temporary-name.ts';

/** File systems allow 255; the rest is for the temporary name that a folder has until it is complete. */
const MAX_NAME_BYTES = 200;

/**
 * The nearest part of the path that exists decides; whether it is empty or holds something else is the command's to say.
 * @param option what names the folder on the command line
 * @throws InputError for a file, a link that leads nowhere, a name that is too long, and a place that cannot be written
 */
export function assertFolderPlace(path: string, option = '--out'): void {
  const subject = `${option} ${printable(shortened(path))}`;
  const name = basename(path);
  if (Buffer.byteLength(name) > MAX_NAME_BYTES)
    throw new InputError(
      `${subject}: its name has ${Buffer.byteLength(name)} bytes, at most ${MAX_NAME_BYTES} are allowed; shorten it`,
    );
  let place = path;
  for (let stat = look(place, subject); stat === undefined; stat = look(place, subject)) {
    const parent = dirname(place);
    if (parent === place) return; // no file system without a root
    place = parent;
  }
  const real = ask(subject, () => statSync(place, { throwIfNoEntry: false }));
  if (real === undefined)
    throw new InputError(
      `${subject}: ${shortened(place)} is a link that leads nowhere; remove it or name another folder`,
    );
  if (!real.isDirectory())
    throw new InputError(
      place === path
        ? `${subject} is a file; name a folder`
        : `${subject}: ${shortened(place)} is a file, not a folder; name another place`,
    );
  ask(subject, () => tryOut(place));
}

/** Permissions are not all: full disks, quotas, immutable folders and /proc refuse what they allow. */
function tryOut(folder: string): void {
  const trial = temporaryName(join(folder, 'trial'));
  mkdirSync(trial);
  rmdirSync(trial);
}

/** Undefined where nothing is, also below a file. */
function look(path: string, subject: string): Stats | undefined {
  return ask(subject, () => {
    try {
      return lstatSync(path, { throwIfNoEntry: false });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
      throw error;
    }
  });
}

function ask<T>(subject: string, question: () => T): T {
  try {
    return question();
  } catch (error) {
    const fault = systemFault(error);
    if (!fault) throw error;
    throw new InputError(`${subject} cannot be written: ${fault}; name another folder`, { cause: error });
  }
}

const shortened = (path: string): string => (path.length > 160 ? `${path.slice(0, 120)}…` : path);
