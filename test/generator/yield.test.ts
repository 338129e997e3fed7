import { describe, expect, test } from 'vitest';
import type { FailedAttempt } from '../../generator/episode.ts';
import { countRejects, judgeSlot, judgeYield } from '../../generator/yield.ts';

const failures = (n: number, scenario = 'wall', slot = 0): FailedAttempt[] =>
  Array.from({ length: n }, (_, attempt) => ({
    scenario,
    slot,
    attempt,
    reason: attempt % 3 ? 'timeout' : 'stuck',
    detail: 'x',
  }));

describe('judgeYield', () => {
  test('says nothing before 50 attempts', () => {
    expect(judgeYield('wall', 0, failures(49))).toBeUndefined();
  });
  test('stops under 20 % of 50, naming scenario, counts and commonest reason', () => {
    const text = judgeYield('wall', 9, failures(41));
    expect(text).toContain('scenario wall: only 9 of 50');
    expect(text).toContain('most often timeout (27 times)');
  });
  test('goes on at exactly 20 %', () => {
    expect(judgeYield('wall', 10, failures(40))).toBeUndefined();
  });
  test("other scenarios' failures do not count", () => {
    expect(judgeYield('few', 1, failures(80, 'wall'))).toBeUndefined();
  });
});

test('judgeSlot stops a slot that cannot be done while the scenario does well', () => {
  const job = { index: 7, scenario: 'corner', slot: 3 };
  expect(judgeSlot(job, failures(49, 'corner', 3))).toBeUndefined();
  expect(judgeSlot(job, [...failures(49, 'corner', 3), ...failures(9, 'corner', 2)])).toBeUndefined();
  expect(judgeSlot(job, failures(50, 'corner', 3))).toContain('all 50 attempts at slot 3 failed');
});

test('countRejects counts by reason and scenario in a fixed order', () => {
  const rejects = countRejects([...failures(3, 'wall'), ...failures(2, 'few')]);
  expect(rejects).toEqual({
    total: 5,
    by_reason: { stuck: 2, timeout: 3 },
    by_scenario: { few: 2, wall: 3 },
  });
  expect(Object.keys(rejects.by_reason)).toEqual(['stuck', 'timeout']);
});
