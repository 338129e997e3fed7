/** The preview draws what was sampled: a picture for each start from above and through the camera. */
import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { previewPicture } from '../../generator/scenario-commands/preview.ts';
import { loadScenario } from '../../scenarios/registry.ts';

test('starts from above and through the camera, other ones for another seed', async () => {
  const scenario = loadScenario('few', '.');
  const [one, same, other] = [
    await previewPicture(scenario, { count: 2, seed: 1 }),
    await previewPicture(scenario, { count: 2, seed: 1 }),
    await previewPicture(scenario, { count: 2, seed: 2 }),
  ];
  const { width, height, data } = decode(one);
  expect(width).toBeGreaterThan(1000);
  expect(height).toBeGreaterThan(240);
  expect(new Set(data).size, 'different values of a channel').toBeGreaterThan(50);
  expect(Buffer.from(same).equals(one)).toBe(true);
  expect(Buffer.from(other).equals(one)).toBe(false);
});
