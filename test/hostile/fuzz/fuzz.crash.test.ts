/**
 * Some inputs of each format's fuzzer, from a fixed seed, and all that ever failed. More:
 * node scripts/run-script.mjs fuzz.ts --seconds 3600 --format parquet
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { HostileCase } from '../case.ts';
import { removeBase } from '../inputs/dataset.ts';
import { runCases, type Verdict } from '../run-cases.ts';
import { FUZZED, type Fuzzed } from './formats.ts';
import { fuzz, fuzzCases } from './run-fuzz.ts';

const SEED = 20261201;
/** All formats together take a minute on a quiet core. */
const RUNS = 40;

afterAll(removeBase);

const faultsOf = ({ results, changes, leaks }: Verdict): string[] => [
  ...results.filter(({ fault }) => fault !== '').map(({ tried, fault }) => `${tried.name}: ${fault}`),
  ...changes.map((path) => `changed ${path}`),
  ...leaks.map((path) => `leaked into ${path}`),
];

it.each(FUZZED)(`%s: ${RUNS} inputs of seed ${SEED} are refused or handled`, async (format) => {
  expect(faultsOf(await fuzz({ format, seed: SEED, runs: RUNS }))).toEqual([]);
});

it('what failed once is refused or handled', async () => {
  const failing = JSON.parse(readFileSync(join(import.meta.dirname, 'failing-inputs.json'), 'utf8')) as {
    format: Fuzzed;
    seed: number;
    input: number;
  }[];
  const cases: HostileCase[] = [];
  for (const { format, seed, input } of failing)
    cases.push((await fuzzCases({ format, seed, runs: input + 1 }))[input]);
  expect(faultsOf(await runCases(cases))).toEqual([]);
});
