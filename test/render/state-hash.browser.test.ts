import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { launchChromium } from '../../render/chromium.ts';
import { bundle } from '../../render/page-bundle.ts';
import { loadScenario } from '../../scenarios/registry.ts';
import type { BricksStart } from '../../sim/tasks/collect-bricks/start.ts';
import { sampleStart } from '../bricks-starts.ts';
import { simulateHashes } from './fixtures/simulate-in-page.ts';

type InPage = { simulateHashes: (starts: BricksStart[], fps: number) => Promise<string[]> };

const SCENARIOS = ['one-brick', 'few', 'corner', 'dropped', 'odd-sizes', 'slippery'];

test('an episode ends in the same state to the bit in Node and in the browser', async () => {
  const starts = SCENARIOS.map((name) =>
    sampleStart(loadScenario(name, process.cwd()), { namespace: 'gen', seed: 1, slot: 0, attempt: 0 }),
  );
  const script = await bundle(fileURLToPath(new URL('fixtures/simulate-in-page.ts', import.meta.url)));
  const chromium = await launchChromium('swiftshader');
  try {
    const [page] = await chromium.browser.pages();
    await page.evaluate(script);
    const inPage = await page.evaluate(
      (given) => (globalThis as unknown as InPage).simulateHashes(given, 10),
      starts,
    );
    const inNode = await simulateHashes(starts, 10);
    expect(inPage).toEqual(inNode);
    expect(new Set(inNode).size).toBe(SCENARIOS.length);
  } finally {
    await chromium.kill();
  }
});
