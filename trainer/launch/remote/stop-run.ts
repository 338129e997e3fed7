/** `train stop`: tells the command that looks after the run, or ends the run itself where nobody does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError } from '../../../sim/errors.ts';
import { readStatus } from '../supervisor/journal.ts';
import { supervisorOf } from './supervisor-process.ts';

const POLL_MS = 500;

/** @param endIt ends it from here. Returns when the run has ended. */
export async function stopRun(
  folder: string,
  say: (text: string) => void,
  endIt: () => Promise<void>,
): Promise<void> {
  const supervisor = supervisorOf(folder);
  if (supervisor === null) {
    const status = readStatus(folder);
    if (status?.phase === 'ended' && status.cleanUp === 'done') {
      say(`${status.run} has ended: ${status.outcome?.kind}`);
      return;
    }
    say('nobody looks after it; it is ended from here');
    return endIt();
  }
  const { pid, text } = supervisor;
  if (pid === null)
    throw new InputError(`${text} looks after the run; run \`brickyard train stop\` where that process runs`);
  process.kill(pid, 'SIGTERM');
  say(`process ${pid} was told; it writes a checkpoint, ends the training and cleans up`);
  while (supervisorOf(folder)?.pid === pid) await sleep(POLL_MS);
  const status = readStatus(folder);
  say(`${status?.run}: ${status?.outcome?.kind ?? 'ended'}, clean-up ${status?.cleanUp}`);
  if (status?.cleanUp === 'left') process.exitCode = 1;
}
