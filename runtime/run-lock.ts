/**
 * One command at a time writes into a run's folder. The lock is the kernel's, on an open file (kernel-lock.mjs): it ends
 * with the process that holds it, and one kernel gives it to one holder, whatever containers they run in. What stands
 * in the file says who holds it and decides nothing, but for one case: a network file system that does not pass locks
 * on would let a second host in, so there a lock that another host left behind is the user's to remove.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  rmdirSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../sim/errors.ts';
import { CannotLock, tryKernelLock } from './kernel-lock.mjs';
import { type LockIdentity, ownIdentity, parseIdentity, runsHere, sameMachine } from './lock-identity.ts';

const LOCK_FILE = 'lock';
/** O_NONBLOCK: a FIFO of that name must not block us. Links are not followed. */
const FLAGS = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const IDENTITY_MAX_BYTES = 4096;
/** A holder may be about to say who it is, to end, or only to look whether the lock is held. */
const TRIES = 10;
const RETRY_MS = 50;

/** statfs(2)'s f_type of file systems that several hosts can mount: NFS, SMB (3), FUSE, 9P, Ceph, Lustre, GPFS, AFS. */
const NETWORK_FILE_SYSTEMS = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x00c36400, 0x0bd00bd0, 0x47504653,
  0x5346414f,
]);

export interface LockHolder {
  /** Its process id here; null when it runs on another host or in another container, or did not say. */
  pid: number | null;
  /** For a sentence: `process 12`, `process 12 on host lab3`. */
  text: string;
}

/** Who holds the lock of a run folder; null when it is free. Takes nothing. */
export function runLockHolder(folder: string): LockHolder | null {
  const path = join(folder, LOCK_FILE);
  const file = openLock(path, FLAGS);
  if (file === undefined) return null;
  try {
    const identity = readIdentity(file);
    if (identity && runsHere(identity)) return holderOf(identity);
    // Shared: two who look do not see each other.
    return tryKernelLock(file, 'shared') ? null : holderOf(identity);
  } finally {
    closeSync(file);
  }
}

/**
 * Takes the lock of a run folder, which is made when it is missing, also after a holder that died.
 * @param out what messages call the folder
 * @returns what gives it back; safe to call twice
 * @throws InputError when another has it, or the file system cannot lock
 */
export function takeRunLock(folder: string, out: string): () => void {
  const path = join(folder, LOCK_FILE);
  let holder: LockIdentity | undefined;
  for (let tries = 0; tries < TRIES; tries++) {
    if (tries > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    const made = mkdirSync(folder, { recursive: true });
    const file = openLock(path, FLAGS | constants.O_CREAT);
    if (file === undefined) continue; // the folder was moved away at this moment
    let isTaken = false;
    try {
      if (!lockOf(file, out)) {
        holder = readIdentity(file);
        if (holder && runsHere(holder)) break;
      } else if (isAt(path, file)) {
        assertNotLeftByAnotherHost(path, out, readIdentity(file));
        isTaken = true;
        try {
          writeIdentity(file);
        } catch (error) {
          release(path, file);
          if (made !== undefined) removeEmpty(folder, made);
          throw Object.assign(error as Error, { path });
        }
        return once(() => release(path, file));
      } // else its holder gave it back and removed the file between our two steps
    } finally {
      if (!isTaken) closeSync(file);
    }
  }
  throw new InputError(
    `--out ${out}: ${holderOf(holder).text} is writing there now; wait for it or choose another --out`,
  );
}

/** Folders that were made for a lock that could not be written, from `folder` up to `made`. */
function removeEmpty(folder: string, made: string): void {
  try {
    for (let one = folder; one.length >= made.length; one = dirname(one)) rmdirSync(one);
  } catch {
    // Another process has come to use it.
  }
}

/** A second call would close whatever got the number of our descriptor since. */
function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) action();
    isDone = true;
  };
}

function release(path: string, file: number): void {
  try {
    // Ours until it is closed, so nobody can have taken it between the look and the removal.
    if (isAt(path, file)) rmSync(path);
    else ftruncateSync(file);
  } catch {
    // The folder is gone or can no longer be written; the lock goes all the same.
  } finally {
    closeSync(file);
  }
}

function lockOf(file: number, out: string): boolean {
  try {
    return tryKernelLock(file);
  } catch (error) {
    if (!(error instanceof CannotLock)) throw error;
    throw new InputError(`--out ${out} cannot be locked against other commands: ${error.message}`);
  }
}

/** Undefined when it is missing. */
function openLock(path: string, flags: number): number | undefined {
  let file: number;
  try {
    file = openSync(path, flags, 0o644);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP' || code === 'EISDIR') throw notALock(path);
    throw error;
  }
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw notALock(path);
}

const notALock = (path: string): InputError =>
  new InputError(
    `${path} is not a regular file, so it cannot be the lock; remove it or choose another --out`,
  );

/** Whether `path` still names the open file. */
function isAt(path: string, file: number): boolean {
  const there = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  const ours = fstatSync(file, { bigint: true });
  return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
}

/** Undefined when nothing readable stands there. */
function readIdentity(file: number): LockIdentity | undefined {
  const bytes = Buffer.alloc(IDENTITY_MAX_BYTES);
  return parseIdentity(bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0)));
}

function writeIdentity(file: number): void {
  const bytes = Buffer.from(`${JSON.stringify(ownIdentity())}\n`);
  ftruncateSync(file);
  writeSync(file, bytes, 0, bytes.length, 0);
}

function holderOf(identity: LockIdentity | undefined): LockHolder {
  if (!identity) return { pid: null, text: 'another process' };
  const { pid, host } = identity;
  if (runsHere(identity)) return { pid, text: `process ${pid}` };
  const where = sameMachine(identity) ? `in another container (host name ${host})` : `on host ${host}`;
  return { pid: null, text: `process ${pid} ${where}` };
}

/** @throws InputError where the kernel's word is not enough */
function assertNotLeftByAnotherHost(path: string, out: string, left: LockIdentity | undefined): void {
  if (!left || sameMachine(left) || !NETWORK_FILE_SYSTEMS.has(statfsSync(path).type >>> 0)) return;
  throw new InputError(
    `--out ${out} is on a network file system and process ${left.pid} on host ${left.host} did not give its lock back; if it has ended, remove ${path}`,
  );
}
