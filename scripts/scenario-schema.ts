/** Writes scenarios/scenario.schema.json from the zod schema; --verify only compares, and exits 1 on a difference. */
import { readFileSync, writeFileSync } from 'node:fs';
import { scenarioJsonSchema } from '../scenarios/json-schema.ts';

const FILE = new URL('../scenarios/scenario.schema.json', import.meta.url);
const REMEDY = 'run `node scripts/run-script.mjs scenario-schema.ts` and commit what it writes';

if (process.argv.includes('--verify')) {
  if (readFileSync(FILE, 'utf8') !== scenarioJsonSchema()) {
    process.stderr.write(`scenarios/scenario.schema.json differs from scenarios/schema.ts; ${REMEDY}\n`);
    process.exitCode = 1;
  }
} else writeFileSync(FILE, scenarioJsonSchema());
