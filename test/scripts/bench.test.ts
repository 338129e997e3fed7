import { expect, test } from 'vitest';
import { sampleMemory } from '../../scripts/bench/memory.ts';
import { benchmarksPage } from '../../scripts/bench/report.ts';
import { type BenchFile, median } from '../../scripts/bench/results.ts';

test('the median is the middle, and leaves its input alone', () => {
  const figures = [30, 10, 20];
  expect(median(figures)).toBe(20);
  expect(figures).toEqual([30, 10, 20]);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('the page has what was measured, its ratios and goals, and nothing else', () => {
  const from = { date: '2026-01-02', command: 'npm run bench', machine: '2 cores' };
  const file: BenchFile = {
    peer: { ...from, result: { frames: 2000, oneProcess: [100], twoProcesses: [180], versions: 'mujoco 1' } },
    'end-to-end': {
      ...from,
      result: {
        episodes: 200,
        frames: 80_000,
        ceiling: [1000, 1100, 1200],
        gen: [880, 990, 900],
        wallS: [80],
      },
    },
  };
  const page = benchmarksPage(file);
  expect(page).toContain('| share of the ceiling | 82 % | >= 75 % |');
  expect(page).toContain('| `gen` against its one process | 9.00 x | >= 6 x |');
  expect(page).toContain('| `gen` against its two processes | 5.00 x | >= 4 x |');
  expect(page).not.toContain('## Memory');
});

test('memory of this process is found', () => {
  const { mainMib, treeMib } = sampleMemory(process.pid);
  expect(mainMib).toBeGreaterThan(10);
  expect(treeMib).toBeGreaterThanOrEqual(mainMib);
});
