/** The machine's own time and chance, which only the edge of a supervisor knows. */
import { randomInt } from 'node:crypto';
import type { Clock, Random } from '../remote/ports.ts';

export const SYSTEM_CLOCK: Clock = {
  nowMs: () => Date.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, durationMs);
      signal?.addEventListener('abort', done, { once: true });
    }),
};

const STEPS = 2 ** 32;

export const SYSTEM_RANDOM: Random = { next: () => randomInt(STEPS) / STEPS };
