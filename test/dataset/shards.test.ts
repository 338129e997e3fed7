import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HARD_LIMIT_S, planShards, SHARD_LIMITS } from '../../dataset/shards.ts';
import { InputError } from '../../sim/errors.ts';

const lengths = (fps: number) => fc.array(fc.integer({ min: 1, max: 400 * fps }), { maxLength: 120 });
const rates = fc.constantFrom(5, 10, 30);
const cases = rates.chain((fps) => fc.tuple(fc.constant(fps), lengths(fps)));
const framesIn = (all: readonly number[], shard: { from: number; to: number }): number =>
  all.slice(shard.from, shard.to).reduce((a, b) => a + b, 0);

describe('planShards', () => {
  it('takes every episode once, in order, none split', () => {
    fc.assert(
      fc.property(cases, ([fps, all]) => {
        const shards = planShards(all, fps);
        let next = 0;
        for (const { from, to } of shards) {
          expect(from).toBe(next);
          expect(to).toBeGreaterThan(from);
          next = to;
        }
        expect(next).toBe(all.length);
      }),
    );
  });

  it('keeps files within the limits', () => {
    fc.assert(
      fc.property(cases, ([fps, all]) => {
        const shards = planShards(all, fps);
        shards.forEach((shard, i) => {
          const seconds = framesIn(all, shard) / fps;
          expect(seconds).toBeLessThan(1024);
          // Episodes here are at most 400 s, so only a file below minS may have gone beyond maxS.
          const beforeLast = framesIn(all, { from: shard.from, to: shard.to - 1 }) / fps;
          if (seconds > SHARD_LIMITS.maxS) expect(beforeLast).toBeLessThan(SHARD_LIMITS.minS);
          if (i < shards.length - 1) expect(seconds).toBeGreaterThanOrEqual(SHARD_LIMITS.minS);
        });
      }),
    );
  });

  it('never changes a closed shard when more episodes follow', () => {
    fc.assert(
      fc.property(cases, fc.nat(), ([fps, all], cut) => {
        const some = all.slice(0, all.length === 0 ? 0 : cut % (all.length + 1));
        const closed = planShards(some, fps).slice(0, -1);
        expect(planShards(all, fps).slice(0, closed.length)).toEqual(closed);
      }),
    );
  });

  it('gives an episode longer than a file should be a file of its own', () => {
    expect(planShards([100, 10000, 100], 10)).toEqual([
      { from: 0, to: 2 },
      { from: 2, to: 3 },
    ]);
    expect(planShards([9000, 10000, 100], 10)).toEqual([
      { from: 0, to: 1 },
      { from: 1, to: 2 },
      { from: 2, to: 3 },
    ]);
  });

  it('refuses an episode that no file can hold', () => {
    expect(() => planShards([10, HARD_LIMIT_S * 10 + 1], 10)).toThrow(InputError);
    expect(planShards([HARD_LIMIT_S * 10], 10)).toHaveLength(1);
  });
});
