/**
 * Temporary folders that other users of the machine can neither see, prepare nor fill. They lie in one folder of this
 * user's own, TMPDIR/brickyard-UID with mode 0700, and are named after the process that made them, so that a later one
 * can clear away what a killed one left. Nothing else in the shared directory is looked at.
 */
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../sim/errors.ts';
import { systemFault } from './errno.ts';
import { processStart } from './process-stat.ts';
import { inBase36, ownStart, pidNamespace } from './temporary-name.ts';

const ONLY_OWNER = 0o700;

/** KIND-PID-START-NAMESPACE-XXXXXX; short, as sockets lie in some of them and their paths may have 107 bytes. */
const NAME = /^([a-z]+)-(\d+)-([0-9a-z]*)-([0-9a-z]*)-[A-Za-z0-9]{6}$/;

/** What the folders are for. */
export type PrivateFolderKind = 'chromium' | 'parity' | 'dryrun';

/**
 * A new folder that only this user can enter; orphaned ones of its kind are removed first.
 * @param beforeRemoval called with each of those
 * @throws InputError when there is no place for temporary files
 */
export function makePrivateFolder(kind: PrivateFolderKind, beforeRemoval?: (folder: string) => void): string {
  try {
    removeOrphans(kind, beforeRemoval);
    return mkdtempSync(join(privateRoot(), `${kind}-${process.pid}-${ownStart()}-${pidNamespace()}-`));
  } catch (error) {
    throw noTemporaryFiles(error);
  }
}

/**
 * Those of processes that have ended. Those of other PID namespaces, whose processes cannot be seen from here, stay, and
 * so does what cannot be removed: it is no reason not to start.
 */
function removeOrphans(kind: PrivateFolderKind, before: ((folder: string) => void) | undefined): void {
  const root = privateRoot();
  for (const name of readdirSync(root)) {
    const [, itsKind, pid, start, namespace] = NAME.exec(name) ?? [];
    if (itsKind !== kind || namespace !== pidNamespace()) continue;
    if (inBase36(processStart(Number(pid))) === start) continue;
    try {
      before?.(join(root, name));
      rmSync(join(root, name), { recursive: true, force: true });
    } catch {
      // Tried again by the next process.
    }
  }
}

let ownRoot: string | undefined;

/**
 * This user's folder for all of them. When somebody else has taken its name, one with a random name serves this process.
 * @param uid for tests
 */
export function privateRoot(uid = process.getuid?.() ?? 0): string {
  const path = join(tmpdir(), `brickyard-${uid}`);
  try {
    mkdirSync(path, { mode: ONLY_OWNER });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const stat = lstatSync(path); // a link of that name, to wherever, is none of ours
  if (stat.isDirectory() && stat.uid === uid) {
    if ((stat.mode & 0o777) !== ONLY_OWNER) chmodSync(path, ONLY_OWNER);
    return path;
  }
  if (ownRoot === undefined) {
    const made = mkdtempSync(`${path}-`);
    process.once('exit', () => removeEmpty(made));
    ownRoot = made;
  }
  return ownRoot;
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Something of this process is still in it.
  }
}

function noTemporaryFiles(error: unknown): unknown {
  const fault = systemFault(error);
  if (!fault) return error;
  return new InputError(
    `temporary files cannot be written in ${tmpdir()}: ${fault}; create that folder, or set TMPDIR to one that you can write`,
    { cause: error },
  );
}
