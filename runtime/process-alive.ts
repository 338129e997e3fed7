/** Whether a process still runs. One that ended and waits for its parent to look (a zombie) does not. */
import { type ProcessStat, processStat } from './process-stat.ts';

const hasEnded = ({ state }: ProcessStat): boolean => 'ZXx'.includes(state);

/** Whether a process with this number runs, be it ours or another user's. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const stat = processStat(pid); // undefined where there is no /proc: a number that exists counts as alive
  return stat === undefined || !hasEnded(stat);
}

/** Boot-relative start time of a process, which tells it from a later one with the same number; '' when it ended. */
export function processStart(pid: number): string {
  const stat = processStat(pid);
  return stat === undefined || hasEnded(stat) ? '' : stat.start;
}
