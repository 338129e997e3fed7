import { describe, expect, it } from 'vitest';
import { assertRuns } from '../../dataset/parquet-runs.ts';

describe('run lengths', () => {
  it('accepts repeated values, packed groups and the padding of the last group', () => {
    assertRuns(Uint8Array.of(10 << 1, 1), 1, 10);
    assertRuns(Uint8Array.of((2 << 1) | 1, 0xff, 0x03), 1, 10);
    assertRuns(Uint8Array.of(4 << 1, 1, (1 << 1) | 1, 0xff), 1, 9);
  });

  it('refuses a run far longer than the values of its page, as one turned bit makes it', () => {
    const long = Uint8Array.of(0x94, 0x80, 0x80, 0x80, 0x0f, 1);
    expect(() => assertRuns(long, 1, 10)).toThrow(/a run of 2013265930 where 10 values are left/);
  });

  it('refuses runs that end too early, unless values may be missing', () => {
    const short = Uint8Array.of(4 << 1, 1);
    expect(() => assertRuns(short, 1, 10)).toThrow('a run without an end');
    assertRuns(short, 1, 10, true);
    expect(() => assertRuns(Uint8Array.of(0, 1), 1, 10)).toThrow('a run of 0');
  });
});
