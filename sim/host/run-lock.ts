/** One command at a time writes into a dataset's folder. */
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../errors.ts';
import { isAlive, processStart } from './process-alive.ts';

/** Whether the process that began at `start` still runs, and not another one under its number. */
function isHeld(pid: number, start: string): boolean {
  const hasStartTimes = processStart(process.pid) !== ''; // without /proc only the number can be asked for
  return hasStartTimes ? start !== '' && processStart(pid) === start : isAlive(pid);
}

/** The living process that has the lock of a run folder; null when none does. */
export function runLockHolder(folder: string): number | null {
  const path = join(folder, 'lock');
  if (!existsSync(path)) return null;
  const [pid, start = ''] = readFileSync(path, 'utf8').split(' ');
  return isHeld(Number(pid), start) ? Number(pid) : null;
}

/**
 * Takes the lock of a run folder, also from a holder that died. Throws InputError when a living process has it.
 * Returns what gives it back.
 */
export function takeRunLock(folder: string, out: string): () => void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'lock');
  const own = `${path}-${process.pid}`;
  // A link appears with its contents: a reader never sees a lock that does not yet say whose it is.
  writeFileSync(own, `${process.pid} ${processStart(process.pid)}`);
  try {
    for (let tries = 0; tries < 2; tries++) {
      if (tryLink(own, path)) return () => rmSync(path, { force: true });
      const pid = runLockHolder(folder);
      if (pid !== null)
        throw new InputError(
          `--out ${out}: process ${pid} is writing there now; wait for it or choose another --out`,
        );
      rmSync(path, { force: true });
    }
  } finally {
    rmSync(own, { force: true });
  }
  throw new InputError(`--out ${out}: another process took the lock at the same moment; try again`);
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
