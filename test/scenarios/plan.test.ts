import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apportion, planEpisodes } from '../../scenarios/plan.ts';

const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 });
const named = (list: number[]) => list.map((weight, i) => ({ name: `s${i}`, weight }));
const countOf = (jobs: { scenario: string }[], name: string) =>
  jobs.filter((job) => job.scenario === name).length;

describe('apportion', () => {
  test('adds up to the total, each within one of its exact share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), weights, (total, list) => {
        const counts = apportion(total, list);
        const sum = list.reduce((a, b) => a + b, 0);
        expect(counts.reduce((a, b) => a + b, 0)).toBe(total);
        for (const [i, count] of counts.entries())
          expect(Math.abs(count - (total * list[i]) / sum)).toBeLessThan(1);
      }),
    );
  });
});

describe('planEpisodes', () => {
  test('13 scenarios x 4 means 13 x 4', () => {
    const jobs = planEpisodes({ shares: named(Array(13).fill(1)), episodes: 52 });
    for (let i = 0; i < 13; i++) expect(countOf(jobs, `s${i}`)).toBe(4);
  });

  test('weights are honoured', () => {
    const jobs = planEpisodes({ shares: named([3, 1]), episodes: 40 });
    expect([countOf(jobs, 's0'), countOf(jobs, 's1')]).toEqual([30, 10]);
  });

  test('indices run from 0, slots of a scenario run on without gaps from their first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), weights, fc.nat(1000), (episodes, list, first) => {
        const firstSlots = { s0: first };
        const jobs = planEpisodes({ shares: named(list), episodes, firstSlots });
        expect(jobs.map((job) => job.index)).toEqual(jobs.map((_, i) => i));
        for (const { name } of named(list)) {
          const slots = jobs.filter((job) => job.scenario === name).map((job) => job.slot);
          expect(slots).toEqual(slots.map((_, i) => (name === 's0' ? first : 0) + i));
        }
      }),
    );
  });

  test('scenarios are interleaved: any prefix holds each within one of its share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 1, max: 20 }), (n, each) => {
        const jobs = planEpisodes({ shares: named(Array(n).fill(1)), episodes: n * each });
        for (let length = 1; length <= jobs.length; length++)
          for (let i = 0; i < n; i++)
            expect(Math.abs(countOf(jobs.slice(0, length), `s${i}`) - length / n)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
