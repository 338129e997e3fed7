#!/usr/bin/env node
/**
 * `npm run quickstart`: installs what is missing, makes a small dataset of every scenario on all cores, checks it,
 * draws a picture of it, and says what to do next. A second run finds all of it done.
 */
import { join, relative } from 'node:path';
import { runForCode } from './setup/run-command.mjs';
import { ROOT, runMain, setUp } from './setup.mjs';

const DATASET = join(ROOT, 'datasets', 'quickstart');
const PICTURE = join(ROOT, 'datasets', 'quickstart.png');
const PER_SCENARIO = 1;

/** @type {string[][]} */
const STEPS = [
  ['gen', '--per-scenario', String(PER_SCENARIO), '--out', DATASET, '--resume'],
  ['dataset', 'validate', DATASET, '--min-episodes', String(PER_SCENARIO)],
  ['dataset', 'preview', DATASET, '--out', PICTURE, '--episodes', '17'],
];

const NEXT = `
A dataset of all scenarios is in ${relative(ROOT, DATASET)} (LeRobot v3.0), pictures of it in ${relative(ROOT, PICTURE)}.

Next:
  npm run brickyard -- gen --episodes 1000 --out datasets/first     a dataset to train on
  npm run brickyard -- scenario list                                what is in it
  npm run brickyard -- scenario new my-yard                         a scenario of your own
  npm run brickyard -- doctor                                       how fast this machine is
`;

await runMain(async () => {
  await setUp();
  for (const args of STEPS) {
    process.stderr.write(`\n> brickyard ${args.map((arg) => arg.replace(`${ROOT}/`, '')).join(' ')}\n`);
    const { code, signal } = await runForCode(process.execPath, [
      join(ROOT, 'scripts', 'brickyard.mjs'),
      ...args,
    ]);
    if (signal || code !== 0) return code || 1;
  }
  process.stdout.write(NEXT);
  return 0;
});
