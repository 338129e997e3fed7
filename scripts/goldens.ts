/** Writes test/golden/state-hashes.json from the fixed starts; --verify only compares, and exits 1 on a difference. */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadPhysics } from '../sim/physics.ts';
import { simulateEpisode } from '../sim/simulate.ts';
import { FIXED_STARTS } from '../test/sim/fixed-starts.ts';

const FILE = new URL('../test/golden/state-hashes.json', import.meta.url);
const REMEDY =
  'if world or expert were meant to change, run `node scripts/run-script.mjs goldens.ts` and commit what it writes';

await loadPhysics();
const golden = Object.fromEntries(
  FIXED_STARTS.map((start) => {
    const { frames, outcome, finalStateHash } = simulateEpisode(start);
    return [start.scenario, { frames, outcome, finalStateHash }];
  }),
);
const text = `${JSON.stringify(golden, null, 2)}\n`;
if (process.argv.includes('--verify')) {
  if (readFileSync(FILE, 'utf8') !== text) {
    process.stderr.write(`test/golden/state-hashes.json differs from what the code gives; ${REMEDY}\n`);
    process.exitCode = 1;
  }
} else writeFileSync(FILE, text);
