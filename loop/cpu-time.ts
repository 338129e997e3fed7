/**
 * What processes and all that they started have used of the cores, read from /proc (proc(5), stat). A process that ends
 * between two looks loses what it used since the last; one that outlives its parent is found by its place in the tree of
 * the last look. Where there is no /proc nothing is known.
 */
import { readdirSync, readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 1000;
/** USER_HZ: 100 on every Linux that Node runs on. */
const TICKS_A_S = 100;

interface ProcessStat {
  pid: number;
  parent: number;
  /** Tells it from a later one of the same number. */
  start: string;
  cpuS: number;
}

/** The fields of /proc/PID/stat that matter here; undefined for a line that is none. */
export function parseStat(line: string): ProcessStat | undefined {
  const end = line.lastIndexOf(')');
  const fields = line.slice(end + 2).split(' ');
  if (end < 0 || fields.length < 20) return undefined;
  const cpuS = (Number(fields[11]) + Number(fields[12])) / TICKS_A_S;
  return { pid: Number.parseInt(line, 10), parent: Number(fields[1]), start: fields[19], cpuS };
}

/** All there are. */
export function allProcesses(): ProcessStat[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          return parseStat(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
        } catch {
          return []; // it has ended
        }
      });
  } catch {
    return [];
  }
}

/** Follows a process and its descendants until `end`. */
export class CpuMeter {
  readonly #root: number;
  readonly #look: () => ProcessStat[];
  /** By pid and start. */
  readonly #seen = new Map<string, { pid: number; cpuS: number }>();
  readonly #timer: NodeJS.Timeout;

  constructor(root: number, look: () => ProcessStat[] = allProcesses) {
    this.#root = root;
    this.#look = look;
    this.look();
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  look(): void {
    const processes = this.#look();
    const ours = new Set([this.#root, ...[...this.#seen.values()].map(({ pid }) => pid)]);
    // A child may stand before its parent: until nothing is found any more.
    for (let before = -1; before !== ours.size; ) {
      before = ours.size;
      for (const { pid, parent } of processes) if (ours.has(parent)) ours.add(pid);
    }
    for (const { pid, start, cpuS } of processes)
      if (ours.has(pid)) this.#seen.set(`${pid} ${start}`, { pid, cpuS });
  }

  /** @returns core-seconds; null where nothing could be read */
  end(): number | null {
    clearInterval(this.#timer);
    if (this.#seen.size === 0) return null;
    return [...this.#seen.values()].reduce((sum, { cpuS }) => sum + cpuS, 0);
  }
}
