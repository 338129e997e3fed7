/**
 * flock(2), which Node does not offer. A helper process locks a descriptor that it inherits from us; the lock belongs
 * to the open file that both share, so it stays with our descriptor after the helper has ended, and the kernel drops it
 * when that descriptor closes, however this process ends. Node opens files close-on-exec: no other child inherits it.
 *
 * Considered: native modules (fs-ext, os-lock) run install scripts and compile; a link or an exclusive create says who
 * made a file, not whether that process still runs; an abstract socket is confined to one network namespace.
 * A helper costs 2 to 5 ms. Plain JavaScript for any Node >= 18: the set-up uses it before anything is installed.
 */
import { spawnSync } from 'node:child_process';

/** Of a helper that found the file locked by another. */
const HELD = 1;
/** On a network file system that does not answer. */
const TIMEOUT_MS = 30_000;
/** A Ctrl-C in the terminal reaches the helper, too. */
const TRIES = 3;

const PERL = `
  my $file;
  open($file, "+<&=", 3) && flock($file, $ARGV[0]) && exit 0;
  exit 1 if $!{EWOULDBLOCK};
  print STDERR $!;
  exit 2;`;
const PYTHON = `
import sys
try:
    import fcntl
    fcntl.flock(3, int(sys.argv[1]))
except BlockingIOError:
    sys.exit(1)
except Exception as error:
    sys.stderr.write(str(error))
    sys.exit(2)`;

/** LOCK_NB with LOCK_EX or LOCK_SH, as flock(2) numbers them. */
const FLAGS = { exclusive: '6', shared: '5' };

/**
 * The first that is there is used. util-linux or busybox; perl is in every Debian.
 * @param {'exclusive' | 'shared'} kind
 * @returns {[string, string[]][]}
 */
const helpers = (kind) => [
  ['flock', ['-n', kind === 'shared' ? '-s' : '-x', '3']],
  ['perl', ['-MErrno', '-e', PERL, FLAGS[kind]]],
  ['python3', ['-c', PYTHON, FLAGS[kind]]],
];

const OTHER_FOLDER = '; choose a folder on a file system that supports flock';
/** Where systems have them, for a PATH that leaves them out. */
const SYSTEM_FOLDERS = ['/usr/bin', '/bin'];

/** The file system, or this machine, cannot lock; the message ends with what to do. */
export class CannotLock extends Error {
  /** @override */
  name = 'CannotLock';
}

/**
 * Locks an open file, without waiting. Opened for reading and writing: NFS wants it so.
 * @param {number} file its descriptor
 * @param {'exclusive' | 'shared'} [kind]
 * @returns {boolean} false while another open file of it has a lock that excludes this one
 * @throws CannotLock
 */
export function tryKernelLock(file, kind = 'exclusive') {
  const PATH = [process.env.PATH, ...SYSTEM_FOLDERS].filter(Boolean).join(':');
  for (const [command, args] of helpers(kind)) {
    for (let tries = 0; tries < TRIES; tries++) {
      const { status, error, stderr } = spawnSync(command, args, {
        stdio: ['ignore', 'ignore', 'pipe', file],
        timeout: TIMEOUT_MS,
        encoding: 'utf8',
        env: { ...process.env, PATH },
      });
      const code = /** @type {NodeJS.ErrnoException | undefined} */ (error)?.code;
      if (code === 'ENOENT') break;
      if (code === 'ETIMEDOUT')
        throw new CannotLock(`the file system did not answer within ${TIMEOUT_MS / 1000} s${OTHER_FOLDER}`);
      if (error) throw error;
      if (status === 0) return true;
      if (status === HELD) return false;
      if (status !== null)
        throw new CannotLock(`${stderr.trim() || `${command} ended with ${status}`}${OTHER_FOLDER}`);
    }
  }
  throw new CannotLock('none of flock, perl and python3 is on the PATH; install util-linux');
}
