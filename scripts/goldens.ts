/**
 * Writes the golden files of the simulator: test/golden/state-hashes.json (fixed starts) and test/golden/behaviour.json
 * (episodes and rollouts of every scenario). --verify only compares, and exits 1 on a difference.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { simulateEpisode } from '../sim/engine/simulate.ts';
import { loadTask } from '../sim/tasks/load-task.ts';
import { FIXED_STARTS } from '../test/sim/fixed-starts.ts';
import { behaviourGoldens } from './goldens/behaviour.ts';

const REMEDY =
  'if world or expert were meant to change, run `npm run goldens` and commit what it writes; otherwise find what moved';

await loadTask();
const stateHashes = Object.fromEntries(
  FIXED_STARTS.map((start) => {
    const { frames, outcome, finalStateHash } = simulateEpisode(start);
    return [start.scenario, { frames, outcome, finalStateHash }];
  }),
);
const goldens = { 'state-hashes.json': stateHashes, 'behaviour.json': await behaviourGoldens() };
for (const [name, golden] of Object.entries(goldens)) {
  const file = new URL(`../test/golden/${name}`, import.meta.url);
  const text = `${JSON.stringify(golden, null, 2)}\n`;
  if (!process.argv.includes('--verify')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`test/golden/${name} differs from what the code gives; ${REMEDY}\n`);
    process.exitCode = 1;
  }
}
