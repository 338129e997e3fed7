/**
 * Names of files and folders that are being written: unmistakably ours, hidden, and saying which process writes them, so
 * that a later one can remove what a killed one left, and nothing else.
 */
import { readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { processStart, processStat } from './process-stat.ts';

const PREFIX = '.brickyard-tmp-';
/** PREFIX PID-START-NAMESPACE-NAME */
const NAME = /^\.brickyard-tmp-(\d+)-([0-9a-z]*)-([0-9a-z]*)-(.+)$/s;

/** A hidden name beside `path` that no other process uses. */
export function temporaryName(path: string): string {
  return join(dirname(path), `${PREFIX}${process.pid}-${ownStart()}-${pidNamespace()}-${basename(path)}`);
}

/** Whether the last part of the path is such a name. */
export const isTemporaryName = (path: string): boolean => NAME.test(basename(path));

/**
 * Whether this is what a process left that is no more, or that is not of this machine's processes, or this one itself.
 * Ask it for places that nobody else writes to: a folder whose lock is held.
 * @param name the last part of a path
 * @param of only what was to become this name
 */
export function isLeftover(name: string, of?: string): boolean {
  const [, pid, start, namespace, whole] = NAME.exec(name) ?? [];
  if (pid === undefined || (of !== undefined && whole !== of)) return false;
  if (Number(pid) === process.pid && start === ownStart()) return true;
  return namespace !== pidNamespace() || inBase36(processStart(Number(pid))) !== start;
}

/** As `isLeftover`, but of processes that can be seen to have ended: for places that others write to as well. */
export function isOrphaned(name: string, of?: string): boolean {
  const [, pid, start, namespace] = NAME.exec(name) ?? [];
  if (namespace !== pidNamespace() || (Number(pid) === process.pid && start === ownStart())) return false;
  return isLeftover(name, of);
}

export const inBase36 = (digits: string): string => (digits === '' ? '' : BigInt(digits).toString(36));

/** Boot-relative start of this process; '' where there is no /proc. */
export const ownStart = (): string => inBase36(processStat('self')?.start ?? '');

/** Process numbers mean something in one of them; '' where there is no /proc. */
export function pidNamespace(): string {
  try {
    return inBase36(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))![0]);
  } catch {
    return '';
  }
}
