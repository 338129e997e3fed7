/**
 * Which processes there are and which of them still run, as Linux says (proc_pid_stat(5)). One that has ended and waits
 * for its parent to look (a zombie) has a number, but does not run. Where there is no /proc, a number is all that is known.
 */
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

/** A line of /proc/PID/stat; undefined for another line. */
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

const hasEnded = ({ state }: ProcessStat): boolean => 'ZXx'.includes(state);

/** Whether a process with this number runs, be it ours or another user's. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const stat = processStat(pid);
  return stat === undefined || !hasEnded(stat);
}

/** Boot-relative start time of a process, which tells it from a later one with the same number; '' when it ended. */
export function processStart(pid: number): string {
  const stat = processStat(pid);
  return stat === undefined || hasEnded(stat) ? '' : stat.start;
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

/** Numbers of the processes that have `name=value` in the environment they were started with. */
export function processesWith(name: string, value: string): number[] {
  const wanted = `${name}=${value}`;
  return allProcesses().flatMap(({ pid }) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(wanted) ? [pid] : [];
    } catch {
      return [];
    }
  });
}
