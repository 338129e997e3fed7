/**
 * What processes and all that they started have used of the cores, read from /proc. A process that ends
 * between two looks loses what it used since the last; one that outlives its parent is found by its place in the tree of
 * the last look. Where there is no /proc nothing is known.
 */
import { allProcesses, type ProcessStat } from '../runtime/process-stat.ts';

const LOOK_EVERY_MS = 1000;

/** What is asked of each process. */
type Used = Pick<ProcessStat, 'pid' | 'parent' | 'start' | 'cpuS'>;

/** Follows a process and its descendants until `end`. */
export class CpuMeter {
  readonly #root: number;
  readonly #look: () => Used[];
  /** By pid and start. */
  readonly #seen = new Map<string, { pid: number; cpuS: number }>();
  readonly #timer: NodeJS.Timeout;

  constructor(root: number, look: () => Used[] = allProcesses) {
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
