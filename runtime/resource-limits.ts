/** Limits of the shell (`ulimit`) that are low enough to keep programs from starting. */
import { readFileSync } from 'node:fs';
import { InputError } from '../sim/errors.ts';

/** A browser that draws has 150 open; one that may not have them stops answering instead of saying so. */
const OPEN_FILES = 256;

/** By name in /proc/PID/limits: how it is set, and below what it is worth naming. */
const LIMITS: Readonly<Record<string, { option: string; unit: string; below: number }>> = {
  'Max address space': { option: '-v', unit: ' KiB', below: Number.POSITIVE_INFINITY },
  'Max data size': { option: '-d', unit: ' KiB', below: Number.POSITIVE_INFINITY },
  'Max file size': { option: '-f', unit: ' KiB', below: Number.POSITIVE_INFINITY },
  'Max processes': { option: '-u', unit: '', below: 1000 },
  'Max open files': { option: '-n', unit: '', below: OPEN_FILES },
};

/** Such as "`ulimit -v` (4000000 KiB)"; none where there is no /proc. */
export function limitsInForce(): string[] {
  return lowLimits(ownLimits());
}

/** Call before threads or browsers are started. @throws InputError when they cannot open as many files as they need */
export function assertOpenFiles(limits = ownLimits()): void {
  const [low] = lowLimits(limits).filter((limit) => limit.startsWith('`ulimit -n`'));
  if (low) throw new InputError(`${low} is too low to start browsers: raise it to ${OPEN_FILES} or more`);
}

/** Empty where there is no /proc. */
function ownLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}

/** @param text as of /proc/PID/limits */
export function lowLimits(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [, name, soft] = /^(Max [a-z ]+?) {2,}(\d+|unlimited) /.exec(line) ?? [];
    const limit = LIMITS[name];
    if (!limit || soft === 'unlimited' || Number(soft) >= limit.below) return [];
    const value = limit.unit === '' ? soft : String(Math.floor(Number(soft) / 1024));
    return [`\`ulimit ${limit.option}\` (${value}${limit.unit})`];
  });
}
