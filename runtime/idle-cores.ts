/** How much of the machine lies idle, so that work beyond the number of cores is begun only where it helps. */
import { cpus } from 'node:os';

/** Seconds that all cores together have worked and rested since the machine began. */
export interface CoreTimes {
  busy: number;
  idle: number;
}

/** The machine's cores, now. */
export function coreTimes(): CoreTimes {
  let busy = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    busy += times.user + times.nice + times.sys + times.irq;
    idle += times.idle;
  }
  return { busy: busy / 1000, idle: idle / 1000 };
}

/** Share of the cores' time between two moments that was idle, in [0, 1]; 0 when no time has passed. */
export function idleShare(from: CoreTimes, to: CoreTimes): number {
  const idle = to.idle - from.idle;
  const all = idle + to.busy - from.busy;
  return all > 0 ? idle / all : 0;
}
