/** What a killed process of a loop left behind, told by a mark in the environment. Where there is no /proc: nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith } from '../runtime/process-stat.ts';

/** In the environment of all that a loop starts; its value is the loop's folder. */
export const LOOP_MARK = 'BRICKYARD_LOOP';
const END_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 500;

/**
 * Returns when nothing of an earlier process of this loop runs any more: a trainer that writes its checkpoint ends soon;
 * a browser that hangs never does and has nothing to keep.
 */
export async function endLeftovers(out: string, say: (text: string) => void): Promise<void> {
  const left = (): number[] => processesWith(LOOP_MARK, out);
  if (left().length === 0) return;
  say(`waiting for what an earlier process of this loop left behind (${left().join(', ')})`);
  for (let waitedMs = 0; waitedMs < END_WITHIN_MS && left().length > 0; waitedMs += LOOK_EVERY_MS)
    await sleep(LOOK_EVERY_MS);
  for (const pid of left()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it has ended meanwhile
    }
  }
}
