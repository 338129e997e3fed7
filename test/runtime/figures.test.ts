/** Numbers as people read them. */
import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatDuration, percent, rounded } from '../../runtime/figures.ts';

test('durations, bytes and counts read as people write them', () => {
  expect([0, 59.4, 95, 3600, 7500].map(formatDuration)).toEqual([
    '0 s',
    '59 s',
    '1 min 35 s',
    '1 h 00 min',
    '2 h 05 min',
  ]);
  expect([0, 999, 1536, 123_456_789, 4.2e12].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.5 KB',
    '123 MB',
    '4.2 TB',
  ]);
  expect([7, 1000, 1234567].map(formatCount)).toEqual(['7', '1,000', '1,234,567']);
});

test('a share is a percentage with one digit behind the point', () => {
  expect([0, 0.0004, 0.5, 0.9996, 1].map(percent)).toEqual([
    '0.0 %',
    '0.0 %',
    '50.0 %',
    '100.0 %',
    '100.0 %',
  ]);
});

test('a number is rounded to so many digits', () => {
  expect([rounded(1.23456, 3), rounded(-1.5, 0), rounded(0.125, 2)]).toEqual([1.235, -1, 0.13]);
});
