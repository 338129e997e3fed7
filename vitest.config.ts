import { defineConfig } from 'vitest/config';

/**
 * Tests that start browsers, Python or whole commands come after the rest, two files at a time: one by itself waits half
 * of its time (25 minutes one after the other, 17 so, on two cores).
 */
const HEAVY = ['test/**/*.{browser,python,crash}.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: HEAVY,
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'heavy',
          include: HEAVY,
          maxWorkers: 2,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
