/** One of the processes of lock-race.ts: takes a lock at a given moment, says how it went, and holds it until told. */

import { takeRunLock } from '../../runtime/run-lock.ts';
import { InputError } from '../../sim/errors.ts';

export type RacerOrder = { type: 'take'; folder: string; atMs: number } | { type: 'release' };
export type RacerReply = { type: 'ready' | 'held' | 'released' } | { type: 'refused'; message: string };

const reply = (message: RacerReply): void => void process.send!(message);
let release: (() => void) | undefined;

process.on('message', (order: RacerOrder) => {
  if (order.type === 'release') {
    release?.();
    release = undefined;
    return reply({ type: 'released' });
  }
  while (Date.now() < order.atMs); // all of them at once
  try {
    release = takeRunLock(order.folder, 'X');
    reply({ type: 'held' });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    reply({ type: 'refused', message: error.message });
  }
});
process.on('disconnect', () => process.exit());
reply({ type: 'ready' });
