/** Which command looks after a run now: the holder of its lock. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, processStart } from '../../../sim/host/process-alive.ts';
import { supervisorFolder } from '../supervisor/journal.ts';

/** Null when nobody does. */
export function supervisorPid(run: string): number | null {
  const path = join(supervisorFolder(run), 'lock');
  if (!existsSync(path)) return null;
  const [text, start = ''] = readFileSync(path, 'utf8').split(' ');
  const pid = Number(text);
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return null;
  // Another process may have its number by now.
  return start === '' || processStart(pid) === start ? pid : null;
}
