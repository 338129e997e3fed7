/**
 * How often the expert succeeds, by scenario and reason: node scripts/run-script.mjs expert-table.ts
 * Starts are those of the namespace `preview`, so that no dataset's starts are tuned on.
 */
import { Command, InvalidArgumentError } from 'commander';
import { listScenarios, loadScenario } from '../scenarios/catalogue.ts';
import { sampleStart } from '../scenarios/sampler.ts';
import type { Scenario } from '../scenarios/schema.ts';
import { InputError } from '../sim/errors.ts';
import { PHYSICS_HZ } from '../sim/geometry.ts';
import { loadPhysics } from '../sim/physics.ts';
import { simulateEpisode } from '../sim/simulate.ts';
import type { Trajectory } from '../sim/trajectory.ts';

export const EXPERT_TABLE_DEFAULTS = { attempts: 60, seed: 1, fps: 10, first: 0 } as const;

const whole = (least: number) => (text: string) => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new InvalidArgumentError(`Use a whole number from ${least} on.`);
};
const atLeastOne = whole(1);
const atLeastZero = whole(0);

const options = new Command('expert-table')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .option('--attempts <n>', 'attempts a scenario', atLeastOne, EXPERT_TABLE_DEFAULTS.attempts)
  .option('--scenarios <names>', 'comma-separated; all when left out')
  .option('--seed <n>', 'seed of the starts', atLeastZero, EXPERT_TABLE_DEFAULTS.seed)
  .option('--fps <n>', 'control rate', atLeastOne, EXPERT_TABLE_DEFAULTS.fps)
  .option('--first <n>', 'number of the first attempt', atLeastZero, EXPERT_TABLE_DEFAULTS.first)
  .option('--failures', 'print a line for each failed attempt')
  .parse()
  .opts<{
    attempts: number;
    scenarios?: string;
    seed: number;
    fps: number;
    first: number;
    failures?: boolean;
  }>();

let attempts = 0;
let successes = 0;
let frames = 0;
let bricksTotal = 0;
try {
  await run();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

async function run(): Promise<void> {
  await loadPhysics();
  const names = options.scenarios?.split(',');
  const scenarios = names ? names.map((name) => loadScenario(name, process.cwd())) : listScenarios();
  console.log('scenario               attempts  success  rate %  frames median / p95  reasons');
  for (const scenario of scenarios) runScenario(scenario);
  // CPU time, so that neighbours on the machine count less.
  const { user, system } = process.cpuUsage();
  const seconds = (user + system) / 1e6;
  const steps = frames * (PHYSICS_HZ / options.fps);
  console.log(
    `all ${attempts} attempts: ${successes} succeed (${((100 * successes) / attempts).toFixed(2)} %); ` +
      `${frames} frames at ${(frames / seconds).toFixed(0)} frames a second of CPU, ${((1e6 * seconds) / steps).toFixed(1)} us a physics step ` +
      `(expert and recording included), ${(bricksTotal / attempts).toFixed(1)} bricks an attempt`,
  );
}

function runScenario(scenario: Scenario): void {
  const lengths: number[] = [];
  const reasons = new Map<string, number>();
  let good = 0;
  for (let slot = options.first; slot < options.first + options.attempts; slot++) {
    const start = sampleStart(scenario, { namespace: 'preview', seed: options.seed, slot, attempt: 0 });
    const trajectory = simulateEpisode(start, { fps: options.fps });
    count(trajectory, slot);
  }
  attempts += options.attempts;
  successes += good;
  lengths.sort((a, b) => a - b);
  const at = (part: number) =>
    String(lengths[Math.min(lengths.length - 1, Math.floor(part * lengths.length))] ?? '-');
  const rate = ((100 * good) / options.attempts).toFixed(1);
  const why = [...reasons].map(([reason, n]) => `${n} ${reason}`).join(', ');
  console.log(
    `${scenario.name.padEnd(22)} ${String(options.attempts).padStart(8)} ${String(good).padStart(8)} ${rate.padStart(7)}  ${`${at(0.5)} / ${at(0.95)}`.padEnd(19)}  ${why}`,
  );

  function count(trajectory: Trajectory, slot: number): void {
    frames += trajectory.frames;
    bricksTotal += trajectory.start.bricks.length;
    if (trajectory.outcome === 'success') {
      good++;
      lengths.push(trajectory.frames);
      return;
    }
    reasons.set(trajectory.outcome, (reasons.get(trajectory.outcome) ?? 0) + 1);
    if (options.failures) console.log(`  ${scenario.name} slot ${slot}: ${trajectory.detail}`);
  }
}
