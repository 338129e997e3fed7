/** Quantities: every draw lies in the range that the file gives, and reaches all of it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Rng } from '../../../sim/engine/rng.ts';
import {
  drawCount,
  drawQuantity,
  type Quantity,
  quantity,
  quantityRange,
} from '../../../sim/engine/scenario/quantity.ts';

const ordered = (size: number) =>
  fc
    .array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: size, maxLength: size })
    .map((values) => values.sort((a, b) => a - b));

const quantities: fc.Arbitrary<Quantity> = fc.oneof(
  fc.double({ min: -50, max: 50, noNaN: true }),
  ordered(2).map(([low, high]) => ({ uniform: [low, high] as [number, number] })),
  fc
    .tuple(ordered(3), fc.double({ min: 1e-6, max: 100, noNaN: true }))
    .map(([[min, mean, max], deviation]) => ({ normal: { mean, deviation, min, max } })),
  ordered(5).map((choice) => ({ choice })),
);

test('draws lie within the range, and the schema accepts exactly what lies within its bounds', () => {
  const schema = quantity(-50, 50);
  const narrow = quantity(-10, 10);
  fc.assert(
    fc.property(quantities, fc.nat(), (asked, seed) => {
      const rng = Rng.from('quantity', seed);
      const [low, high] = quantityRange(asked);
      for (let i = 0; i < 20; i++) {
        const value = drawQuantity(asked, rng);
        expect(value).toBeGreaterThanOrEqual(low);
        expect(value).toBeLessThanOrEqual(high);
      }
      expect(schema.parse(asked)).toEqual(asked);
      expect(narrow.safeParse(asked).success).toBe(low >= -10 && high <= 10);
    }),
  );
});

test('counts reach both ends', () => {
  const rng = Rng.from('counts');
  const draws = Array.from({ length: 300 }, () => drawCount({ integer: [2, 5] }, rng));
  expect(new Set(draws)).toEqual(new Set([2, 3, 4, 5]));
  expect(new Set(Array.from({ length: 100 }, () => drawCount({ choice: [1, 9] }, rng)))).toEqual(
    new Set([1, 9]),
  );
});

test('a normal distribution has the mean and the deviation asked for', () => {
  const rng = Rng.from('normal');
  const asked = { normal: { mean: 3, deviation: 2, min: -40, max: 40 } };
  const draws = Array.from({ length: 20_000 }, () => drawQuantity(asked, rng));
  const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
  const deviation = Math.sqrt(draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length);
  expect(mean).toBeCloseTo(3, 1);
  expect(deviation).toBeCloseTo(2, 1);
});

test('a plain number draws nothing, so that fixing a value moves nothing else', () => {
  const rng = Rng.from('plain');
  drawQuantity(4, rng);
  drawCount(4, rng);
  expect(rng.unit()).toBe(Rng.from('plain').unit());
});
