import { expect, it } from 'vitest';
import { type EstimatedConfig, estimateText, sizesOf } from '../../trainer/launch/dry-run.ts';

const CONFIG: EstimatedConfig = {
  policy: { type: 'act_small', input_height_px: 64, input_width_px: 96 },
  data: { cameras: ['ego', 'top'] },
  training: { batch_size: 64 },
  checkpoint: { keep_last: 3 },
};

it('counts the space that a run and the frame cache take', () => {
  const sizes = sizesOf(CONFIG, 1_021_604, 1000);
  // One of this network took 16,806,964 bytes, with golden pairs and the optimizer's state.
  expect(sizes.checkpoint_bytes).toBeGreaterThan(0.95 * 16_806_964);
  expect(sizes.checkpoint_bytes).toBeLessThan(1.05 * 16_806_964);
  expect(sizes.run_bytes).toBe(5 * sizes.checkpoint_bytes);
  expect(sizes.frame_cache_bytes).toBe(1000 * 64 * 96 * 3 * 2);
});

it('says it in three lines, also where it was over too soon', () => {
  const sizes = sizesOf(CONFIG, 1_021_604, 1000);
  const text = estimateText({ steps: 6000, steps_per_s: 4, duration_s: 1500, ...sizes });
  expect(text.split('\n')).toHaveLength(3);
  expect(text).toContain('act_small: 1,021,604 parameters, sees ego, top at 96x64');
  expect(text).toContain('6,000 steps of 64 at 4.00 steps/s: 25 min');
  expect(estimateText({ steps: 3, steps_per_s: null, duration_s: null, ...sizes })).toContain(
    '3 steps of 64 over too soon to measure',
  );
});
