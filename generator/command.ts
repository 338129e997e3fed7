/** `brickyard gen`: reads the options, runs, prints the summary. */

import { Command } from 'commander';
import { INTERRUPTED_EXIT_CODE } from '../runtime/interrupt.ts';
import { userPath } from '../runtime/user-path.ts';
import { MAX_WORKERS } from '../runtime/worker-pool.ts';
import { ALLOWED_FPS } from '../sim/engine/control-period.ts';
import { NegativeResult } from '../sim/errors.ts';
import { defaultTask } from '../sim/tasks/default-task.ts';
import { AIM_DEFAULTS } from './aim.ts';
import { type AttemptReport, attemptAgain } from './attempt-again.ts';
import {
  GENERATE_DEFAULTS,
  type GenerateOptions,
  type GenRequest,
  generateDataset,
  genRequest,
  measureGeneration,
} from './generate.ts';
import { DAGGER_DEFAULTS } from './modes/dagger.ts';
import { MODE_DEFAULTS, MODE_SHARES, MODES } from './modes/kind.ts';
import { NOISE_DEFAULTS } from './modes/noise.ts';
import { NOISE_LEVEL_RANGE } from './modes/options.ts';
import { GEN_DEFAULTS, type RawGenOptions } from './settings.ts';

type GenOptions = RawGenOptions & {
  out: string;
  append?: boolean;
  resume?: boolean;
  dryRun?: boolean;
  verify?: boolean;
  attempt?: string;
  noiseFrom?: string;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
};

const EXAMPLES = `
Examples:
  brickyard gen --workers 8 --episodes 1000
  brickyard gen --scenarios one-brick,wall:2 --episodes 300 --out datasets/walls
  brickyard gen --scenarios my-yard.yaml --per-scenario 50 --size 640x480 --fps 30
  brickyard gen --mode mix --episodes 1000 --out datasets/mixed
  brickyard gen --mode noise --noise-from rollouts/first --episodes 300 --out datasets/noisy
  brickyard gen --mode dagger --checkpoint runs/first@best --episodes 300 --out datasets/dagger1
  brickyard gen --episodes 1000 --dry-run          what it would make, how long, how large
  brickyard gen --resume                           go on where it stopped`;

/** The `gen` command. */
export function genCommand(): Command {
  const d = GEN_DEFAULTS;
  const { robot, stateLayouts } = defaultTask;
  const controls = robot.actionNames.join(', ');
  const layouts = Object.entries(stateLayouts);
  return new Command('gen')
    .description('Generate a LeRobot dataset: scenarios in, episodes out, on all cores.')
    .option(
      '--episodes <n>',
      `episodes to make, shared among the scenarios by weight (default: ${d.episodes})`,
    )
    .option('--per-scenario <n>', 'episodes of each scenario, instead of --episodes')
    .option(
      '--scenarios <list>',
      `names, tags, files or all; name:2 gives a weight (default: ${d.scenarios})`,
    )
    .option(
      '--workers <n>',
      `worker threads, each with its own browser, 1 to ${MAX_WORKERS} (default: cores)`,
    )
    .option('--size <WxH>', `picture size in pixels (default: ${d.size})`)
    .option('--fps <n>', `control and frame rate, one of ${ALLOWED_FPS.join(' ')} (default: ${d.fps})`)
    .option(
      '--state <layout>',
      `${layouts.map(([name, names]) => `${name} (${names.length} numbers)`).join(' or ')} (default: ${layouts[0][0]})`,
    )
    .option(
      '--mode <name>',
      `who drives: ${MODES.join(', ')}; noise disturbs what is executed and keeps the expert's clean action as the label, recovery begins at disturbed states, mix has all three (default: ${d.mode})`,
    )
    .option(
      '--recovery-share <s>',
      `share of the episodes that are recoveries, the summary has their frames (default: ${MODE_SHARES.recovery.recoveryShare} in --mode recovery, ${MODE_SHARES.mix.recoveryShare} in --mode mix)`,
    )
    .option(
      '--noise-share <s>',
      `share of the episodes with noise (default: ${MODE_SHARES.noise.noiseShare} in --mode noise, ${MODE_SHARES.mix.noiseShare} in --mode mix)`,
    )
    .option(
      '--noise-level <x>',
      `scales the noise, up to ${NOISE_LEVEL_RANGE.max} (default: ${MODE_DEFAULTS.noiseLevel}: offsets up to ${robot.noiseAmplitude.join(', ')} of ${controls}; each further attempt at a start has ${NOISE_DEFAULTS.gentlerBy} of it)`,
    )
    .option(
      '--noise-amplitude <list>',
      `largest offsets of ${controls} at level 1 (default: ${robot.noiseAmplitude.join(',')})`,
    )
    .option(
      '--noise-from <file>',
      'results.jsonl of an eval rollout: the amplitude follows from what its policy and the expert differ by, up to the default',
    )
    .option(
      '--checkpoint <what>',
      'with --mode dagger: the student, a policy folder or a training run (RUN, RUN@best, RUN@STEP); it drives, and the expert goes on from where it hands over',
    )
    .option(
      '--beta <p>',
      `with --mode dagger: share of the student's chunks that the expert drives instead (default: ${DAGGER_DEFAULTS.beta})`,
    )
    .option(
      '--action-steps <n>',
      'with --mode dagger: actions of a chunk that are executed (default: as trained)',
    )
    .option(
      '--from-report <file>',
      'with --mode dagger: results.jsonl of an eval rollout; starts are drawn around its failures, never its own starts again',
    )
    .option(
      '--everything-else <p>',
      `with --from-report: share of ordinary starts (default: ${AIM_DEFAULTS.everythingElse})`,
    )
    .option('--label-weights <list>', 'with --from-report: WALL_STUCK:3,SPINNING:0.5; other labels count 1')
    .option('--seed <n>', `every start state follows from it (default: ${d.seed})`)
    .option('--out <folder>', 'where the dataset goes', d.out)
    .option('--backend <name>', `auto, gl-egl or swiftshader (default: ${d.backend})`)
    .option('--append', 'add episodes to the dataset in --out')
    .option(
      '--resume',
      'go on with the run in --out; begin it when there is none, nothing to do when finished',
    )
    .option('--dry-run', 'measure a little, say what would be made, how long it takes and how large it gets')
    .option(
      '--attempt <name>',
      'try one attempt of a run again, SCENARIO/SLOT/ATTEMPT, and say how it ends; writes nothing',
    )
    .option('--verify', 'replay every episode and compare its final state (default: 1 in 20)')
    .addHelpText('after', EXAMPLES)
    .action(async (_options, command: Command) => generate(command.optsWithGlobals<GenOptions>()));
}

async function generate(options: GenOptions): Promise<void> {
  const say = (text: string): void => void (options.quiet || process.stderr.write(`${text}\n`));
  const asked = await genRequest(options, { say });
  if (options.attempt !== undefined) return tryAgain(options.attempt, asked, options, say);
  if (options.dryRun) {
    printSummary(await measureGeneration(genOptions(asked, options), { say }), options.json);
    return;
  }
  const result = await generateDataset(genOptions(asked, options), { say });
  if (result.kind === 'interrupted') process.exitCode = INTERRUPTED_EXIT_CODE;
  else printSummary(result.summary, options.json);
}

const genOptions = (request: GenRequest, options: GenOptions): GenerateOptions => ({
  ...GENERATE_DEFAULTS,
  ...{ request, out: options.out, quiet: options.quiet === true },
  ...{ append: options.append === true, resume: options.resume === true, verify: options.verify === true },
  command: `brickyard ${process.argv.slice(2).join(' ')}`,
});

/** `--attempt`. */
async function tryAgain(
  name: string,
  { settings, dagger }: GenRequest,
  { json }: GenOptions,
  say: (text: string) => void,
): Promise<void> {
  const cwd = userPath('.');
  const report = (found: AttemptReport): void => {
    const { kind, outcome, detail, frames } = found;
    say([`${name} (${kind}): ${outcome}`, detail, frames && `${frames} frames`].filter(Boolean).join(', '));
    printSummary(found, json);
  };
  if (!dagger) return attemptAgain(name, settings, { cwd, report });
  const { daggerAgain } = await import('./modes/dagger-again.ts');
  const found = await daggerAgain(name, settings, dagger, cwd);
  report(found);
  if (found.outcome !== 'success') throw new NegativeResult(`${name} (dagger) fails: ${found.detail}`);
}

function printSummary(summary: object, json: boolean | undefined): void {
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
}
