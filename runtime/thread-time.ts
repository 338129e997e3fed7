/** What work costs a thread: on the clock, and of its core, which is the same on a machine that others use too. */
export interface ThreadTime {
  wallS: number;
  cpuS: number;
}

/** Of this thread, now; from an arbitrary moment. */
export function threadTime(): ThreadTime {
  const { user, system } = process.threadCpuUsage();
  return { wallS: performance.now() / 1000, cpuS: (user + system) / 1e6 };
}

/** Adds what has passed in this thread since `from`. */
export function addSince(sum: ThreadTime, from: ThreadTime): void {
  const now = threadTime();
  sum.wallS += now.wallS - from.wallS;
  sum.cpuS += now.cpuS - from.cpuS;
}
