/** A rollout that does not end is given up, tried once more, and is then an error. */
import { expect, it } from 'vitest';
import { dispatchRollouts } from '../../rollouts/dispatch.ts';
import type { RolloutResult } from '../../rollouts/results.ts';
import { adHocSet } from '../../scenarios/suites/suite.ts';

it('hangs twice: an error that says so; its neighbour is not touched', async () => {
  const tasks = adHocSet('one-brick', 2, 0, '/').conditions.map((condition, index) => ({ index, condition }));
  const results: RolloutResult[] = [];
  const crashes: string[] = [];
  let begun = 0;
  await dispatchRollouts({
    tasks,
    pool: {
      capacity: 1,
      run: ({ index }, signal) =>
        new Promise((answer, fail) => {
          if (index === 1) return answer({ fault: 'the browser died', kind: 'crash' });
          begun++;
          signal!.addEventListener('abort', () => fail(new Error('thread ended')));
        }),
    },
    hangS: 0.02,
    stop: new AbortController().signal,
    onResult: (result) => results.push(result),
    onCrash: ({ index }, message) => crashes.push(`${index}: ${message}`),
  });
  expect(begun).toBe(2);
  expect(results.map(({ status, error }) => [status, error])).toEqual([
    ['error', 'no end within 0.02 s'],
    ['error', 'the browser died'],
  ]);
  expect(crashes.map((line) => line[0])).toEqual(['0', '0', '1', '1']);
});
