/** Which command looks after a run now: the holder of its lock. */
import { runLockHolder } from '../../../sim/host/run-lock.ts';
import { supervisorFolder } from '../supervisor/journal.ts';

/** Null when nobody does. */
export const supervisorPid = (run: string): number | null => runLockHolder(supervisorFolder(run));
