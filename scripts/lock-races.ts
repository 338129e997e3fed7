/** Races processes for one run lock and counts its holders: `node scripts/run-script.mjs lock-races.ts --rounds 1000`. */
import { parseArgs } from 'node:util';
import { raceForLock } from '../test/runtime/lock-race.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000' },
    processes: { type: 'string', default: '6' },
  },
});

const from = performance.now();
const figures = await raceForLock(Number(values.processes), Number(values.rounds));
const seconds = Math.round((performance.now() - from) / 1000);
process.stdout.write(`${JSON.stringify({ processes: Number(values.processes), ...figures, seconds })}\n`);
process.exitCode = figures.byHolders[1] === figures.rounds ? 0 : 1;
