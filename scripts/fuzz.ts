/**
 * Fuzzes what reads other people's files: node scripts/run-script.mjs fuzz.ts [--seconds N] [--format NAME] [--seed N]
 * Prints each seed, and for a failing input the entry for test/hostile/fuzz/failing-inputs.json.
 */
import { parseArgs } from 'node:util';
import { FUZZED, type Fuzzed } from '../test/hostile/fuzz/formats.ts';
import { fuzz } from '../test/hostile/fuzz/run-fuzz.ts';
import { removeBase } from '../test/hostile/inputs/dataset.ts';

const RUNS_AT_ONCE = 50;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    format: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const formats = values.format === undefined ? FUZZED : FUZZED.filter((name) => name === values.format);
if (formats.length === 0) throw new Error(`--format must be one of ${FUZZED.join(', ')}`);
const untilMs = performance.now() + Number(values.seconds) * 1000;
let tried = 0;
let failed = 0;
for (let seed = Number(values.seed); performance.now() < untilMs; seed++) {
  for (const format of formats) {
    if (performance.now() >= untilMs) break;
    failed += await tryOne(format, seed);
    tried += RUNS_AT_ONCE;
  }
}
removeBase();
process.stdout.write(`${tried} inputs, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;

async function tryOne(format: Fuzzed, seed: number): Promise<number> {
  const { results, changes, leaks } = await fuzz({ format, seed, runs: RUNS_AT_ONCE });
  const wrong = results.flatMap(({ fault }, input) => (fault === '' ? [] : [{ fault, input }]));
  for (const { fault, input } of wrong)
    process.stdout.write(`${JSON.stringify({ format, seed, input })} ${fault}\n`);
  for (const path of [...changes, ...leaks]) process.stdout.write(`${format}, seed ${seed}: ${path}\n`);
  process.stdout.write(`${format}, seed ${seed}: ${results.length} inputs, ${wrong.length} failed\n`);
  return wrong.length + changes.length + leaks.length;
}
