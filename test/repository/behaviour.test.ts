import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { behaviourGoldens } from '../../scripts/goldens/behaviour.ts';

it('every episode and rollout of the goldens is as it was', async () => {
  const golden = JSON.parse(
    readFileSync(new URL('../golden/behaviour.json', import.meta.url), 'utf8'),
  ) as Record<string, string>;
  expect(await behaviourGoldens()).toEqual(golden);
}, 120_000);
