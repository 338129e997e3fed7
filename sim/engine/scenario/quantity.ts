/**
 * A quantity of a scenario: a number, or a distribution that is drawn once for each start (or each thing in it).
 * `{uniform: [low, high]}`, `{normal: {mean, deviation, min, max}}` cut off at min and max, `{choice: [...]}`.
 * Counts have `{integer: [low, high]}`, both ends included, in place of the two continuous ones.
 */
import { z } from 'zod';
import { clamp } from '../math.ts';
import type { Rng } from '../rng.ts';

export type Quantity =
  | number
  | { uniform: [number, number] }
  | { normal: { mean: number; deviation: number; min: number; max: number } }
  | { choice: number[] };

export type Count = number | { integer: [number, number] } | { choice: number[] };

const ORDERED = 'must be [low, high] with low <= high';

/** Schema of a quantity whose every possible value lies within [min, max]. */
export function quantity(min: number, max: number) {
  return named(quantities, `number_${min}_to_${max}`, () => quantitySchema(min, max));
}

/** Schema of a whole number of things in [min, max]. */
export function count(min: number, max: number) {
  return named(counts, `count_${min}_to_${max}`, () => countSchema(min, max));
}

const quantities = new Map<string, ReturnType<typeof quantitySchema>>();
const counts = new Map<string, ReturnType<typeof countSchema>>();

/** One schema a name: the JSON Schema then refers to it, and is a third as long. */
function named<T extends z.ZodType>(known: Map<string, T>, id: string, make: () => T): T {
  const schema = known.get(id) ?? (make().meta({ id }) as T);
  known.set(id, schema);
  return schema;
}

function quantitySchema(min: number, max: number) {
  const value = z.number().min(min).max(max);
  return z.union([
    value,
    z.strictObject({
      uniform: z.tuple([value, value]).refine(([low, high]) => low <= high, { error: ORDERED }),
    }),
    z.strictObject({
      normal: z
        .strictObject({ mean: value, deviation: z.number().positive(), min: value, max: value })
        .refine((n) => n.min <= n.mean && n.mean <= n.max, { error: 'must have min <= mean <= max' }),
    }),
    z.strictObject({ choice: z.array(value).min(1).max(64) }),
  ]);
}

function countSchema(min: number, max: number) {
  const value = z.int().min(min).max(max);
  return z.union([
    value,
    z.strictObject({
      integer: z.tuple([value, value]).refine(([low, high]) => low <= high, { error: ORDERED }),
    }),
    z.strictObject({ choice: z.array(value).min(1).max(64) }),
  ]);
}

/** One value of the quantity. A plain number draws nothing from the stream. */
export function drawQuantity(quantity: Quantity, rng: Rng): number {
  if (typeof quantity === 'number') return quantity;
  if ('uniform' in quantity) return rng.range(quantity.uniform[0], quantity.uniform[1]);
  if ('choice' in quantity) return rng.pick(quantity.choice);
  const { mean, deviation, min, max } = quantity.normal;
  // Cut off by drawing again; a window in the far tail gives up after a while and lands on its edge.
  for (let i = 0; i < 64; i++) {
    const value = rng.normal(mean, deviation);
    if (value >= min && value <= max) return value;
  }
  return clamp(rng.normal(mean, deviation), min, max);
}

/** One value of the count. */
export function drawCount(count: Count, rng: Rng): number {
  if (typeof count === 'number') return count;
  return 'integer' in count ? rng.integer(count.integer[0], count.integer[1]) : rng.pick(count.choice);
}

/** The smallest and the largest value that can be drawn. */
export function quantityRange(quantity: Quantity | Count): [number, number] {
  if (typeof quantity === 'number') return [quantity, quantity];
  if ('uniform' in quantity) return quantity.uniform;
  if ('integer' in quantity) return quantity.integer;
  if ('choice' in quantity) return [Math.min(...quantity.choice), Math.max(...quantity.choice)];
  return [quantity.normal.min, quantity.normal.max];
}
