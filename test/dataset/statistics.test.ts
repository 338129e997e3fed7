import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statFrameIndices, statStride } from '../../dataset/stat-frames.ts';
import {
  aggregateStatistics,
  cameraStatistics,
  QUANTILE_NAMES,
  QUANTILES,
  vectorStatistics,
} from '../../dataset/statistics.ts';

/** Said once more, plainly, for one dimension. */
function naive(values: number[]) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { min: Math.min(...values), max: Math.max(...values), mean, std: Math.sqrt(variance) };
}

const finite = fc.float({ min: -1000, max: 1000, noNaN: true });
const table = fc
  .integer({ min: 1, max: 5 })
  .chain((width) =>
    fc.tuple(
      fc.constant(width),
      fc.array(fc.array(finite, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 60 }),
    ),
  );

describe('vectorStatistics', () => {
  it('agrees with the plain formulas', () => {
    fc.assert(
      fc.property(table, ([width, rows]) => {
        const statistics = vectorStatistics(Float32Array.from(rows.flat()), width);
        expect(statistics.count).toEqual([rows.length]);
        for (let d = 0; d < width; d++) {
          const expected = naive(rows.map((row) => Math.fround(row[d])));
          expect(statistics.min[d]).toBe(expected.min);
          expect(statistics.max[d]).toBe(expected.max);
          expect(statistics.mean[d]).toBeCloseTo(expected.mean, 9);
          expect(statistics.std[d]).toBeCloseTo(expected.std, 9);
        }
      }),
    );
  });

  it('gives as quantile the smallest value that at least that share does not exceed', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 300 }), (values) => {
        const statistics = vectorStatistics(values);
        for (const name of QUANTILE_NAMES) {
          const needed = QUANTILES[name] * values.length - 1e-9;
          const [quantile] = statistics[name];
          expect(values).toContain(quantile);
          expect(values.filter((value) => value <= quantile).length).toBeGreaterThanOrEqual(needed);
          expect(values.filter((value) => value < quantile).length).toBeLessThan(Math.max(needed, 1));
        }
      }),
    );
  });

  it('does not lose precision on values far from zero', () => {
    const { mean, std } = vectorStatistics(Float64Array.from([1e8, 1e8 + 1, 1e8 + 2]));
    expect(mean[0]).toBe(1e8 + 1);
    expect(std[0]).toBeCloseTo(Math.sqrt(2 / 3), 12);
  });
});

describe('cameraStatistics', () => {
  it('equals the statistics of the pixels counted', () => {
    const pixels = fc.array(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(pixels, (rgb) => {
        const histogram = new Uint32Array(768);
        for (const pixel of rgb) for (let c = 0; c < 3; c++) histogram[c * 256 + pixel[c]]++;
        const counted = cameraStatistics(histogram, 1);
        const direct = vectorStatistics(
          rgb.flat().map((level) => level / 255),
          3,
        );
        for (const name of ['min', 'max', 'mean', 'std', ...QUANTILE_NAMES] as const) {
          for (let c = 0; c < 3; c++) expect(counted[name][c]).toBeCloseTo(direct[name][c], 10);
        }
        expect(counted.count).toEqual([1]);
      }),
    );
  });
});

describe('aggregateStatistics', () => {
  it('has the minimum, maximum, mean, std and count of all rows together', () => {
    const parts = fc.array(fc.array(finite, { minLength: 1, maxLength: 30 }), {
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(parts, (episodes) => {
        const joined = aggregateStatistics(
          episodes.map((values) => ({ action: vectorStatistics(values) })),
        ).action;
        const all = vectorStatistics(episodes.flat());
        expect(joined.min).toEqual(all.min);
        expect(joined.max).toEqual(all.max);
        expect(joined.count).toEqual(all.count);
        expect(joined.mean[0]).toBeCloseTo(all.mean[0], 8);
        expect(joined.std[0]).toBeCloseTo(all.std[0], 6);
      }),
    );
  });
});

describe('statFrameIndices', () => {
  it('begins with the first and ends with the last frame, ascending', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20000 }), (frames) => {
        const indices = statFrameIndices(frames);
        expect(indices[0]).toBe(0);
        expect(indices[indices.length - 1]).toBe(frames === 1 ? 0 : frames - 1);
        for (let i = 1; i < indices.length; i++) expect(indices[i]).toBeGreaterThan(indices[i - 1]);
      }),
    );
  });

  it('takes as many as lerobot does', () => {
    const counts = [1, 99, 100, 463, 500, 1000, 2000, 10000].map((frames) => statFrameIndices(frames).length);
    expect(counts).toEqual([1, 99, 100, 100, 105, 177, 299, 1000]);
  });

  it('thins out the pixels of pictures from 300 px on', () => {
    expect([
      statStride(320, 240),
      statStride(96, 64),
      statStride(299, 200),
      statStride(640, 480),
      statStride(480, 640),
    ]).toEqual([2, 1, 1, 4, 4]);
  });
});
