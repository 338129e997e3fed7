/**
 * `npm run bench [-- --only end-to-end,peer] [--episodes 200] [--repeats 2]`: measures and writes docs/benchmarks.md.
 * Sections that are not asked for keep what they last measured.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describeBenchMachine } from './bench/machine.ts';
import { benchmarksPage } from './bench/report.ts';
import type { BenchFile, SectionName } from './bench/results.ts';
import { BENCH_DEFAULTS, SECTIONS } from './bench/sections.ts';

const DOCS = join(import.meta.dirname, '..', 'docs');
const RESULTS = join(DOCS, 'benchmarks.json');

const names = Object.keys(SECTIONS) as SectionName[];
const options = new Command('bench')
  .option('--only <sections>', `comma-separated: ${names.join(', ')} (default: all)`)
  .option('--episodes <n>', 'episodes of a dataset', Number, BENCH_DEFAULTS.episodes)
  .option('--repeats <n>', 'how often each figure is measured', Number, BENCH_DEFAULTS.repeats)
  .option(
    '--peer-episodes <n>',
    'episodes of 200 frames that the peer records',
    Number,
    BENCH_DEFAULTS.peerEpisodes,
  )
  .parse()
  .opts<{ only?: string; episodes: number; repeats: number; peerEpisodes: number }>();

const wanted = (options.only?.split(',') ?? names) as SectionName[];
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`bench: there is no section ${unknown.join(', ')}; there are ${names.join(', ')}\n`);
  process.exit(2);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

const file: BenchFile = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : {};
const machine = await describeBenchMachine();
const date = new Date().toISOString().slice(0, 10);
const command = ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(
  ' ',
);
for (const name of wanted) {
  process.stderr.write(`bench: ${name}\n`);
  const result = await SECTIONS[name](options);
  process.stderr.write(`${JSON.stringify(result)}\n`);
  Object.assign(file, { [name]: { date, command, machine, result } });
  writeFileSync(RESULTS, `${JSON.stringify(file, null, 1)}\n`);
  writeFileSync(join(DOCS, 'benchmarks.md'), benchmarksPage(file));
}
process.stdout.write(benchmarksPage(file));
