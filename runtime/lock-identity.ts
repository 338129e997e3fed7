/** Who holds a lock, as its file says: process numbers mean something in one PID namespace of one boot of one host. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { printable } from './printable.ts';
import { processStart, processStat } from './process-stat.ts';

export interface LockIdentity {
  pid: number;
  /** Boot-relative start of the process; '' where there is no /proc. */
  start: string;
  host: string;
  /** Of the kernel, so the same in all containers of a machine until it restarts. */
  boot: string;
  pidNamespace: string;
}

/** Of this process. */
export function ownIdentity(): LockIdentity {
  return {
    pid: process.pid,
    // Not by number: /proc may show another namespace than ours.
    start: processStat('self')?.start ?? '',
    host: hostname(),
    boot: orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: orEmpty(() => readlinkSync('/proc/self/ns/pid')),
  };
}

/** Undefined for a text that says less. */
export function parseIdentity(text: string): LockIdentity | undefined {
  let value: Partial<LockIdentity> | null;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !Number.isSafeInteger(value.pid)) return undefined;
  const { pid, start, host, boot, pidNamespace } = value;
  if (![start, host, boot, pidNamespace].every((part) => typeof part === 'string')) return undefined;
  return { ...(value as LockIdentity), pid: pid!, host: printable(host!.slice(0, 255)) };
}

/** Whether it is of this machine since its last start, in whichever container. */
export function sameMachine(identity: LockIdentity): boolean {
  const own = ownIdentity();
  return (own.boot !== '' && identity.boot === own.boot) || identity.host === own.host;
}

/** Whether that very process runs now, and its number means it here. */
export function runsHere({ pid, start, boot, pidNamespace }: LockIdentity): boolean {
  const own = ownIdentity();
  if (boot !== own.boot || pidNamespace !== own.pidNamespace) return false;
  if (pid === own.pid) return start === own.start;
  return start !== '' && processStart(pid) === start;
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
