/** Which command looks after a run now: the holder of its lock. */
import { type LockHolder, runLockHolder } from '../../../runtime/run-lock.ts';
import { supervisorFolder } from '../supervisor/journal.ts';

/** Null when nobody does. */
export const supervisorOf = (run: string): LockHolder | null => runLockHolder(supervisorFolder(run));
