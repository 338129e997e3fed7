/** `train stop`: tells the command that looks after the run, or ends the run itself where nobody does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readStatus } from '../supervisor/journal.ts';
import { supervisorPid } from './supervisor-process.ts';

const POLL_MS = 500;

/** @param endIt ends it from here. Returns when the run has ended. */
export async function stopRun(
  folder: string,
  say: (text: string) => void,
  endIt: () => Promise<void>,
): Promise<void> {
  const pid = supervisorPid(folder);
  if (pid === null) {
    const status = readStatus(folder);
    if (status?.phase === 'ended' && status.cleanUp === 'done') {
      say(`${status.run} has ended: ${status.outcome?.kind}`);
      return;
    }
    say('nobody looks after it; it is ended from here');
    return endIt();
  }
  process.kill(pid, 'SIGTERM');
  say(`process ${pid} was told; it writes a checkpoint, ends the training and cleans up`);
  while (supervisorPid(folder) === pid) await sleep(POLL_MS);
  const status = readStatus(folder);
  say(`${status?.run}: ${status?.outcome?.kind ?? 'ended'}, clean-up ${status?.cleanUp}`);
  if (status?.cleanUp === 'left') process.exitCode = 1;
}
