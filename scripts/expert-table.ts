/**
 * How often the expert solves its starts undisturbed, with noise, with places known only so well (blurred: what a
 * learner may make of it), and after each kind of disturbance, by scenario:
 * node scripts/run-script.mjs expert-table.ts --scenarios wall,corner --attempts 20 [--columns expert,blurred,spill]
 * Prints a table in Markdown, then what was not solved. The starts are those that `gen --seed` draws.
 */
import { Command } from 'commander';
import { expertEpisode } from '../generator/modes/expert.ts';
import { MODE_DEFAULTS } from '../generator/modes/kind.ts';
import { noiseEpisode } from '../generator/modes/noise.ts';
import { recoveryEpisode } from '../generator/modes/recovery.ts';
import { resolveSelection } from '../scenarios/registry.ts';
import { sampleStart } from '../scenarios/sampler.ts';
import type { Scenario } from '../scenarios/schema.ts';
import { LeadInFailure } from '../sim/engine/disturbance.ts';
import { simulateEpisode } from '../sim/engine/simulate.ts';
import type { Trajectory } from '../sim/engine/trajectory.ts';
import { DISTURBANCES } from '../sim/tasks/collect-bricks/disturbances/kinds.ts';
import { blurredExpert } from '../sim/tasks/collect-bricks/expert/blurred-expert.ts';
import { loadTask } from '../sim/tasks/load-task.ts';

const TABLE_DEFAULTS = {
  scenarios: 'all',
  attempts: 20,
  seed: 0,
  noiseLevel: MODE_DEFAULTS.noiseLevel,
  blur: 1,
  late: 5,
} as const;
const COLUMNS = ['expert', 'noise', 'blurred', ...Object.keys(DISTURBANCES)] as const;
type Column = (typeof COLUMNS)[number];

interface Tally {
  tried: number;
  solved: number;
  frames: number;
  cpuS: number;
}

const options = new Command('expert-table')
  .option('--scenarios <list>', 'names, tags or files', TABLE_DEFAULTS.scenarios)
  .option('--attempts <n>', 'starts of each scenario', Number, TABLE_DEFAULTS.attempts)
  .option('--seed <n>', 'of the starts', Number, TABLE_DEFAULTS.seed)
  .option('--noise-level <x>', 'as gen has it', Number, TABLE_DEFAULTS.noiseLevel)
  .option('--blur <x>', 'of the blurred column; 1 is 6 cm and 0.03 rad', Number, TABLE_DEFAULTS.blur)
  .option(
    '--late <frames>',
    'of the blurred column: so late come steering and throttle',
    Number,
    TABLE_DEFAULTS.late,
  )
  .option('--columns <list>', `some of ${COLUMNS.join(',')}`, COLUMNS.join(','))
  .parse()
  .opts<{
    scenarios: string;
    attempts: number;
    seed: number;
    noiseLevel: number;
    blur: number;
    late: number;
    columns: string;
  }>();

function attempt(column: Column, scenario: Scenario, slot: number): Trajectory {
  const { seed, noiseLevel: level, blur, late } = options;
  const start = sampleStart(scenario, { namespace: 'gen', seed, slot, attempt: 0 });
  const format = { fps: 10, state: 'seed4' } as const;
  const name = ['gen', seed, scenario.name, slot, 0];
  if (column === 'expert') return expertEpisode(start, format);
  if (column === 'noise') return noiseEpisode(start, { ...format, name, level });
  if (column === 'blurred')
    return simulateEpisode(start, {
      ...format,
      policy: blurredExpert({ name: [...name, 'blur'], blur, lateFrames: late }),
    });
  return recoveryEpisode(start, {
    ...format,
    name,
    scenario,
    disturbance: column,
    only: true,
  });
}

const failures: string[] = [];

function tally(column: Column, scenario: Scenario): Tally {
  const sum: Tally = { tried: 0, solved: 0, frames: 0, cpuS: 0 };
  const from = process.cpuUsage();
  for (let slot = 0; slot < options.attempts; slot++) {
    try {
      const { outcome, frames, detail, start } = attempt(column, scenario, slot);
      sum.tried++;
      sum.frames += frames;
      if (outcome === 'success') sum.solved++;
      else
        failures.push(
          `${scenario.name}, ${column}, slot ${slot}${start.disturbed ? ` at ${start.disturbed.atS} s` : ''}: ${detail}`,
        );
    } catch (error) {
      if (!(error instanceof LeadInFailure)) throw error;
      failures.push(`${scenario.name}, ${column}, slot ${slot}: not tried, ${error.message}`);
    }
  }
  const { user, system } = process.cpuUsage(from);
  return { ...sum, cpuS: (user + system) / 1e6 };
}

await loadTask();
const columns = options.columns.split(',') as Column[];
const row = (cells: string[]): void => void process.stdout.write(`| ${cells.join(' | ')} |\n`);
const text = ({ solved, tried }: Tally): string => `${solved} / ${tried}`;
const totals = new Map<Column, Tally>();
row(['scenario', ...columns]);
row(['---', ...columns.map(() => '--:')]);
for (const { scenario } of resolveSelection(options.scenarios, '.')) {
  const cells = columns.map((column) => {
    const now = tally(column, scenario);
    const { tried, solved, frames, cpuS } = totals.get(column) ?? { tried: 0, solved: 0, frames: 0, cpuS: 0 };
    totals.set(column, {
      tried: tried + now.tried,
      solved: solved + now.solved,
      frames: frames + now.frames,
      cpuS: cpuS + now.cpuS,
    });
    return text(now);
  });
  row([scenario.name, ...cells]);
}
const all = columns.map((column) => totals.get(column) as Tally);
row(['all', ...all.map(text)]);
row(['%', ...all.map(({ solved, tried }) => ((100 * solved) / tried).toFixed(1))]);
row(['frames', ...all.map(({ frames, tried }) => String(Math.round(frames / tried)))]);
row(['ms CPU a frame', ...all.map(({ cpuS, frames }) => ((1000 * cpuS) / frames).toFixed(2))]);
process.stdout.write(`\n${failures.map((line) => `- ${line}`).join('\n')}\n`);
