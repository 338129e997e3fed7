import { expect, test } from 'vitest';
import { estimateRun } from '../../generator/estimate.ts';
import { progressLine } from '../../runtime/progress.ts';

test('the live line holds episodes, frames, rate, yield and ETA', () => {
  const line = progressLine({
    episodesDone: 5,
    episodesTotal: 10,
    frames: 2000,
    attempts: 6,
    elapsedS: 4,
    framesPerS: 500.4,
    etaS: 61,
  });
  expect(line).toBe(
    '[############------------] 5/10 episodes | 2,000 frames | 500 frames/s | yield 83.3 % | ETA 1 min 01 s',
  );
});

test('an estimate weighs scenarios by their counts and keeps the start-up apart', () => {
  const samples = [
    { scenario: 'one', frames: 200, bytes: 1000 },
    { scenario: 'many', frames: 1800, bytes: 9000 },
  ];
  const estimate = estimateRun(samples, { one: 90, many: 10, unseen: 1 }, 3, 1);
  expect(estimate.frames).toBe(90 * 200 + 10 * 1800 + 1000);
  expect(estimate.bytes).toBe(90 * 1000 + 10 * 9000 + 5000);
  expect(estimate.durationS).toBeCloseTo(1 + estimate.frames / 1000);
});
