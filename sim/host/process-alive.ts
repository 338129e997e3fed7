/** Whether a process still runs. One that ended and waits for its parent to look (a zombie) does not. */
import { readFileSync } from 'node:fs';

/** Of proc_pid_stat(5), what follows the command's name, which may hold spaces and brackets; undefined when gone. */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

const hasEnded = ([state]: string[]): boolean => 'ZXx'.includes(state);

/** Whether a process with this number runs, be it ours or another user's. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const fields = statFields(pid); // undefined where there is no /proc: a number that exists counts as alive
  return fields === undefined || !hasEnded(fields);
}

/** Boot-relative start time of a process, which tells it from a later one with the same number; '' when it ended. */
export function processStart(pid: number): string {
  const fields = statFields(pid);
  return fields === undefined || hasEnded(fields) ? '' : fields[19];
}
