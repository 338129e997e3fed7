/** What Linux says of processes (proc_pid_stat(5)). Where there is no /proc nothing is known of any. */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which Linux shows to programs as 100 on every machine. */
const TICKS_PER_S = 100;

export interface ProcessStat {
  pid: number;
  /** One letter; Z has ended and waits for its parent to look. */
  state: string;
  parent: number;
  group: number;
  /** Boot-relative; tells it from a later process of the same number. */
  start: string;
  /** In user and in system mode, without its children. */
  cpuS: number;
}

/** A line of /proc/PID/stat; undefined for a line that is none. */
export function parseStat(line: string): ProcessStat | undefined {
  // The name stands in brackets and may hold anything, brackets and spaces too.
  const end = line.lastIndexOf(')');
  const fields = line.slice(end + 2).split(' ');
  if (end < 0 || fields.length < 20) return undefined;
  return {
    pid: Number.parseInt(line, 10),
    state: fields[0],
    parent: Number(fields[1]),
    group: Number(fields[2]),
    start: fields[19],
    cpuS: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S,
  };
}

/** Undefined when there is no such process. */
export function processStat(pid: number | string): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** All there are, those that have ended and wait for their parents among them. */
export function allProcesses(): ProcessStat[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => processStat(name) ?? []);
  } catch {
    return [];
  }
}
