import { expect, test } from 'vitest';
import { exitCodeOf } from '../../runtime/failure.ts';
import { InputError, Interrupted, NegativeResult } from '../../sim/errors.ts';

test.each([
  [new InputError('bad'), 2],
  [new NegativeResult('no'), 1],
  [new Interrupted('stopped'), 130],
  [new Error('bug'), 70],
])('%s ends in exit code %i', (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});
