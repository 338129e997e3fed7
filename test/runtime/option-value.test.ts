/** Option values: numbers within bounds, words, sizes. */
import { expect, test } from 'vitest';
import {
  boundedNumber,
  oneOf,
  pictureSize,
  readNumber,
  readWhole,
  wholeNumber,
} from '../../runtime/option-value.ts';

test.each([
  ['0', 0],
  [' 12 ', 12],
  ['+5', 5],
  ['-3', -3],
  ['9007199254740991', 9007199254740991],
])('"%s" is a whole number', (text, value) => expect(readWhole(text)).toBe(value));

test.each(['', ' ', '1.0', '1e3', '0x10', '12 3', '٣', '9007199254740993', 'Infinity'])(
  '"%s" is not a whole number',
  (text) => expect(readWhole(text)).toBeNaN(),
);

test.each([
  ['0.5', 0.5],
  ['.5', 0.5],
  ['5.', 5],
  ['-1.25', -1.25],
])('"%s" is a number', (text, value) => expect(readNumber(text)).toBe(value));

test.each(['', '.', 'e3', '0x10', 'Infinity', 'NaN', '1,5'])('"%s" is not a number', (text) =>
  expect(readNumber(text, { exponent: true })).toBeNaN(),
);

test('an exponent is taken only where it is asked for', () => {
  expect(readNumber('3e-4', { exponent: true })).toBe(0.0003);
  expect(readNumber('3e-4')).toBeNaN();
  expect(boundedNumber('--lr', '3e-4', { above: 0, exponent: true })).toBe(0.0003);
});

test.each([
  [{ min: 1, max: 64, note: ' (of 8 cores)' }, 'a whole number from 1 to 64 (of 8 cores)'],
  [{ min: 0 }, 'a whole number from 0'],
])('what is outside of %o is refused by name', (bounds, expected) => {
  expect(() => wholeNumber('--few', '-1', bounds)).toThrow(`--few must be ${expected}, got "-1"`);
  expect(wholeNumber('--few', '7', bounds)).toBe(7);
});

test.each([
  [{ min: 0, max: 1 }, 'a number from 0 to 1', ['0', '1'], ['-0.1', '1.1', 'x']],
  [{ above: 0, max: 2 }, 'a number above 0, up to 2', ['0.1', '2'], ['0', '2.1']],
  [{ above: 0, below: 100 }, 'a number above 0, below 100', ['99.9'], ['0', '100']],
  [{ above: 0 }, 'a number above 0', ['1000000000'], ['0', '1e9']],
] as const)('the ends of %o are in or out', (bounds, expected, taken, refused) => {
  for (const text of taken) expect(boundedNumber('--part', text, bounds)).toBe(Number(text));
  for (const text of refused)
    expect(() => boundedNumber('--part', text, bounds)).toThrow(`--part must be ${expected}, got "${text}"`);
});

test('a list of faults gathers what would be thrown', () => {
  const faults: string[] = [];
  expect(wholeNumber('--count', '25', { min: 1, max: 24 }, faults)).toBeNaN();
  expect(boundedNumber('--share', 'much', { min: 0, max: 1 }, faults)).toBeNaN();
  expect(faults).toEqual([
    '--count is "25", but must be a whole number from 1 to 24',
    '--share is "much", but must be a number from 0 to 1',
  ]);
});

test('a word must be one of those there are', () => {
  expect(oneOf('--backend', 'cpu', ['auto', 'cpu'])).toBe('cpu');
  expect(() => oneOf('--backend', 'gpu', ['auto', 'cpu'])).toThrow(
    '--backend must be one of auto, cpu, got "gpu"',
  );
});

test('a size is width and height in pixels', () => {
  expect(pictureSize('--size', ' 320x240 ')).toEqual({ widthPx: 320, heightPx: 240 });
  for (const text of ['320', '320*240', '-320x240', '320x', '1234567x1'])
    expect(() => pictureSize('--size', text)).toThrow(
      `--size must be WIDTHxHEIGHT in pixels, such as 320x240, got "${text}"`,
    );
});
