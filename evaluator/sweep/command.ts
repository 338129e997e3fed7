/** `brickyard eval sweep RUN`. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { recordSuccess, type SuccessByCheckpoint, selectionFolder } from '../../policy/checkpoint-success.ts';
import { writeWholeFile } from '../../runtime/disk.ts';
import { percent } from '../../runtime/figures.ts';
import { wholeNumber } from '../../runtime/option-value.ts';
import { assertReplaceable } from '../../runtime/output-file.ts';
import { userPath } from '../../runtime/user-path.ts';
import { InputError } from '../../sim/errors.ts';
import { points, table } from '../compare/table.ts';
import { runRolloutProcess } from '../rollout-process.ts';
import { type Checkpoint, chooseSteps, listCheckpoints } from './checkpoints.ts';
import { sweepPlot } from './plot.ts';
import { SWEEP_DEFAULTS, type Sweep, sweepCheckpoints } from './sweep.ts';

const d = SWEEP_DEFAULTS;
const EXAMPLES = `
Every exported checkpoint is rolled out on the same conditions; the best is rolled out once more on conditions that had
no part in choosing it, and that figure is the one to report. Writes sweep.json and sweep.svg to --out, and links the
best as checkpoints/best_success of the run. What is finished in --out is used again, also what a training with --eval
rolled out, so the command can be repeated.

Examples:
  brickyard eval sweep runs/first
  brickyard eval sweep runs/first --suite standard --steps 2000,4000,8000 --json`;

interface SweepOptions {
  suite: string;
  steps?: string;
  selectSeed: string;
  reportSeed: string;
  out?: string;
  workers?: string;
  json?: boolean;
  quiet?: boolean;
}

/** The `sweep` command of `eval`. */
export function sweepCommand(): Command {
  return new Command('sweep')
    .description('Which checkpoint of a training run succeeds most often?')
    .argument('<run>', 'folder of a training run')
    .option('--suite <suite>', 'name or file of the conditions', d.suite)
    .option('--steps <list>', 'only these checkpoints (default: all that are exported)')
    .option('--select-seed <n>', 'instance of the suite that chooses', `${d.selectSeed}`)
    .option('--report-seed <n>', 'instance that the best is reported on', `${d.reportSeed}`)
    .option('--out <folder>', 'where rollouts and figures go (default: RUN/sweep-SUITE)')
    .option('--workers <n>', 'workers of the rollouts (default: theirs)')
    .addHelpText('after', EXAMPLES)
    .action((run: string, _options, command: Command) => sweep(run, command.optsWithGlobals<SweepOptions>()));
}

async function sweep(shown: string, options: SweepOptions): Promise<void> {
  const say = (line: string): void => void (options.quiet || process.stderr.write(`${line}\n`));
  const run = userPath(shown);
  const selectSeed = wholeNumber('--select-seed', options.selectSeed, { min: 0 });
  const reportSeed = wholeNumber('--report-seed', options.reportSeed, { min: 0 });
  if (selectSeed === reportSeed)
    throw new InputError(
      `--report-seed is ${reportSeed}, the seed that chooses; the best must be reported on another one`,
    );
  const { exported, unexported } = listCheckpoints(run, shown);
  const checkpoints = options.steps === undefined ? exported : chooseSteps(exported, options.steps);
  if (unexported.length > 0)
    say(`${unexported.length} checkpoints are not exported and are left out: ${unexported.join(', ')}`);
  const out = options.out === undefined ? selectionFolder(run, options.suite) : userPath(options.out);
  const plot = join(out, 'sweep.svg');
  const figures = join(out, 'sweep.json');
  const assertPlaces = (): void => {
    assertReplaceable(plot);
    // The two are written together: figures without our plot beside them are someone else's.
    assertReplaceable(figures, { force: existsSync(plot) });
  };
  assertPlaces();
  const found = await sweepCheckpoints(
    {
      checkpoints,
      suite: options.suite,
      selectSeed,
      reportSeed,
      out,
      workers: options.workers,
      quiet: options.quiet,
    },
    runRolloutProcess,
    say,
  );
  recordSuccess(run, successOf(found, checkpoints));
  const summary = {
    ...found,
    run,
    command: `brickyard ${process.argv.slice(2).join(' ')}`,
    plot,
  };
  assertPlaces();
  writeWholeFile(plot, sweepPlot(found, basename(run)));
  writeWholeFile(figures, `${JSON.stringify(summary, null, 2)}\n`);
  say(sweepText(found));
  say(`plot: ${summary.plot}`);
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
}

/** A line a checkpoint, and the figure to report. */
export function sweepText({ points: all, best, report, suite, seeds }: Sweep): string {
  const range = ([low, high]: [number, number]) => `${percent(low)} to ${percent(high)}`;
  const rows = all.map(({ step, successes, episodes, success_rate, wilson, behind_best }) => [
    `${step}${step === best.step ? ' *' : ''}`,
    `${successes}/${episodes}`,
    percent(success_rate),
    range(wilson),
    step === best.step ? '-' : `${points(behind_best.interval[0])} to ${points(behind_best.interval[1])}`,
  ]);
  return [
    ...table([['step', 'successes', 'rate', '95 % interval', 'best is ahead by (95 %)'], ...rows]),
    `step ${best.step} on ${suite}, seed ${seeds.report}, which did not choose it: ${report.successes} of ${report.episodes}, ${percent(report.success_rate)} (95 % interval ${range(report.wilson)})`,
  ].join('\n');
}

/** As the run's checkpoints/success.json has it. */
function successOf(
  { points: all, suite, seeds }: Sweep,
  checkpoints: readonly Checkpoint[],
): SuccessByCheckpoint {
  return Object.fromEntries(
    all.map(({ episodes, successes, errors, wilson, suite_hash }, i) => [
      checkpoints[i].name,
      { episodes, successes, errors, wilson, suite, seed: seeds.select, suite_hash },
    ]),
  );
}
