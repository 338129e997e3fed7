/** A worker thread that dies takes its episodes and its browser with it; both come back, the episodes the same. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StagingArea, workFolder } from '../../dataset/staging.ts';
import { dispatchJobs } from '../../generator/dispatch.ts';
import { Journal } from '../../generator/journal.ts';
import { type EpisodePool, openEpisodePool } from '../../generator/pool.ts';
import { planEpisodes } from '../../scenarios/plan.ts';
import { loadScenario, scenarioHash } from '../../scenarios/registry.ts';
import { browsersOf, until } from './gen-process.ts';

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'brickyard-pool-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const EPISODES = 8;

async function makeEpisodes(name: string, onFirst: (pool: EpisodePool) => void) {
  const folder = join(out, name);
  const scenario = loadScenario('start-loaded', '/');
  const pool = openEpisodePool(
    {
      out: folder,
      seed: 0,
      fps: 10,
      state: 'seed4',
      widthPx: 96,
      heightPx: 64,
      backend: 'auto',
      scenarios: { [scenario.name]: { scenario, hash: scenarioHash(scenario) } },
    },
    2,
  );
  const journal = Journal.open(workFolder(folder));
  const crashes: string[] = [];
  let done = 0;
  try {
    await dispatchJobs({
      jobs: planEpisodes({ shares: [{ name: scenario.name, weight: 1 }], episodes: EPISODES }),
      journal,
      pool,
      verifyAll: false,
      stop: new AbortController().signal,
      onKept: async () => {
        if (++done === 1) onFirst(pool);
      },
      onCrash: (_job, message) => crashes.push(message),
    });
  } finally {
    await pool.close();
    journal.close();
  }
  const staging = new StagingArea(folder);
  const bytes = [];
  for (const index of await staging.stagedEpisodes())
    bytes.push(Buffer.from(await staging.readStaged(index)).toString('base64'));
  return { bytes, crashes };
}

test('a thread that is terminated half way', async () => {
  const undisturbed = await makeEpisodes('undisturbed', () => {});
  const disturbed = await makeEpisodes('disturbed', (pool) => void pool.threads[0].terminate());
  expect(undisturbed.crashes).toEqual([]);
  expect(disturbed.crashes.length).toBeGreaterThan(0);
  expect(disturbed.bytes).toHaveLength(EPISODES);
  expect(disturbed.bytes).toEqual(undisturbed.bytes);
  await until(() => browsersOf(process.pid, true).length === 0, 'all browsers end', 15);
});
