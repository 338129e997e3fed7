/**
 * What the operating system refused, in words. A system call fails for reasons that are the user's to change (a full
 * disk, a folder of another user); such an error is no bug of ours, wherever in the program it comes up.
 */
import { printable } from './printable.ts';

interface Meaning {
  /** After "PATH: ". */
  fault: string;
  remedy: string;
}

/** errno(3); those that are missing here mean a bug. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  EACCES: { fault: 'permission denied', remedy: 'change its owner or mode, or name another place' },
  EPERM: { fault: 'operation not permitted', remedy: 'change its owner or mode, or name another place' },
  EROFS: { fault: 'the file system is read-only', remedy: 'name a place on another one' },
  ENOSPC: { fault: 'no space left on the disk', remedy: 'free some space or name another place' },
  EDQUOT: {
    fault: 'the disk quota of this user is used up',
    remedy: 'free some space or name another place',
  },
  EFBIG: {
    fault: 'a file would be larger than allowed here',
    remedy: 'raise the limit (`ulimit -f`) or use another file system',
  },
  ENOTDIR: { fault: 'a part of the path is a file, not a folder', remedy: 'correct the path' },
  EISDIR: { fault: 'it is a folder', remedy: 'name a file' },
  EEXIST: { fault: 'it exists already', remedy: 'remove it or name another place' },
  ENOTEMPTY: { fault: 'the folder is not empty', remedy: 'empty it or name another' },
  ENAMETOOLONG: { fault: 'the name is too long', remedy: 'shorten it' },
  ELOOP: { fault: 'its symbolic links lead in a circle', remedy: 'correct the links' },
  ENOENT: { fault: 'no such file or folder', remedy: 'correct the path' },
  EMFILE: {
    fault: 'this process has too many open files',
    remedy: 'raise the limit (`ulimit -n`) or use fewer workers',
  },
  ENFILE: { fault: 'this machine has too many open files', remedy: 'close other programs' },
  ENOMEM: {
    fault: 'not enough memory',
    remedy: 'close other programs, use fewer workers or raise `ulimit -v`',
  },
  EAGAIN: {
    fault: 'no more processes can be started',
    remedy: 'close other programs or raise `ulimit -u`',
  },
  EIO: { fault: 'the disk reports an input/output error', remedy: 'check the disk and the kernel log' },
  ESTALE: { fault: 'the network file system lost it', remedy: 'mount it again' },
  ETXTBSY: { fault: 'it is being executed', remedy: 'try again' },
  EBUSY: { fault: 'it is in use', remedy: 'try again when it is free' },
  EXDEV: { fault: 'source and target are on different file systems', remedy: 'name a place on the same one' },
  EMLINK: { fault: 'too many links', remedy: 'name another place' },
  ENOTSUP: { fault: 'the file system does not support it', remedy: 'name a place on another one' },
  EOPNOTSUPP: { fault: 'the file system does not support it', remedy: 'name a place on another one' },
  ENOLCK: { fault: 'the file system cannot lock files', remedy: 'name a place on another one' },
  EPIPE: { fault: 'the reader of the output is gone', remedy: 'keep it open' },
};

/** Codes that mean that a disk takes no more. */
const FULL: readonly string[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** Whether the disk, a quota or a limit on file sizes left no room, here or in what caused the error. */
export const isFull = (error: unknown): boolean => FULL.includes(systemError(error)?.code ?? '');

/** The error of a system call: this one, or one that caused it. */
function systemError(error: unknown): NodeJS.ErrnoException | undefined {
  for (let one = error; one instanceof Error; one = one.cause) {
    const { code, syscall } = one as NodeJS.ErrnoException;
    if (typeof code === 'string' && typeof syscall === 'string') return one as NodeJS.ErrnoException;
  }
  return undefined;
}

/** What the system says, such as "permission denied (EACCES)"; undefined for an error that is not the system's. */
export function systemFault(error: unknown): string | undefined {
  const { code = '' } = systemError(error) ?? {};
  return MEANINGS[code] && `${MEANINGS[code].fault} (${code})`;
}

/**
 * One sentence: path, what it means, remedy. Undefined for an error that is not the system's.
 * @param place named where the error knows no path, as when a file is open already
 */
export function systemSentence(error: unknown, place?: string): string | undefined {
  const known = systemError(error);
  const meaning = MEANINGS[known?.code ?? ''];
  if (!known || !meaning) return undefined;
  // A rename fails for its target: the source is what we made.
  const { path, syscall, code, dest } = known as NodeJS.ErrnoException & { dest?: string };
  const subject = printable(dest ?? path ?? place ?? syscall ?? 'a system call');
  return `${subject}: ${meaning.fault} (${code}); ${meaning.remedy}`;
}

/** As `systemSentence`, of a run that has kept something: what cannot be done, why, and that --resume completes it. */
export function resumableSentence(error: unknown, cannot: string): string | undefined {
  const fault = systemFault(error);
  return (
    fault && `${cannot}: ${fault}; everything kept so far is safe: put that right and run again with --resume`
  );
}
