/**
 * Hostile inputs: each is refused with a sentence or handled, within 5 s of CPU and 1 GB of memory, and nothing outside
 * of --out is read or written. The table of inputs and outcomes is printed at the end.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOSTILE_CASES } from './inputs/all.ts';
import { removeBase } from './inputs/dataset.ts';
import { runCases, tableOf, type Verdict } from './run-cases.ts';

let verdict: Verdict;
beforeAll(async () => {
  verdict = await runCases(HOSTILE_CASES);
}, 900_000);
afterAll(() => {
  removeBase();
  if (verdict) process.stdout.write(`${tableOf(verdict.results)}\n`);
});

describe('every hostile input ends as it has to', () => {
  it.each(HOSTILE_CASES.map(({ format, name }, i) => [format, name, i] as const))(
    '%s: %s',
    (_f, _n, index) => {
      expect(verdict.results[index].fault).toBe('');
    },
  );
});

it('writes nothing outside of --out', () => expect(verdict.changes).toEqual([]));
it('brings no byte of a file beside the input into its output', () => expect(verdict.leaks).toEqual([]));
