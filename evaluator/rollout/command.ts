/** `brickyard eval rollout`: reads the options, rolls out, prints the summary. */
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { INTERRUPTED_EXIT_CODE } from '../../runtime/interrupt.ts';
import { shellLine } from '../../runtime/shell-line.ts';
import { MAX_WORKERS } from '../../runtime/worker-pool.ts';
import { listSuites } from '../../scenarios/suites/suite.ts';
import { NegativeResult } from '../../sim/errors.ts';
import { rollOut } from './roll-out.ts';
import { parseRolloutOptions, type RawRolloutOptions, ROLLOUT_DEFAULTS } from './settings.ts';
import type { RolloutSummary } from './summary.ts';

type Options = RawRolloutOptions & { report?: boolean; json?: boolean; quiet?: boolean };

const EXAMPLES = `
Examples:
  brickyard eval rollout --checkpoint runs/first --suite standard
  brickyard eval rollout --checkpoint runs/first@20000 runs/first@best --scenarios wall,corner --episodes 100
  brickyard eval rollout --checkpoint expert --suite smoke
  brickyard eval rollout --checkpoint replay:datasets/first --episodes 50
  brickyard eval rollout --checkpoint runs/first --suite smoke --only wall/eval/1/0/0/0123456789ab`;

/** The `eval rollout` command. */
export function rolloutCommand(): Command {
  const d = ROLLOUT_DEFAULTS;
  return new Command('rollout')
    .description('Drive in closed loop: success rate with its interval, failures with their reasons.')
    .option(
      '--checkpoint <what...>',
      'policy folder, training run (RUN, RUN@best, RUN@STEP), expert, zero, random or replay:DATASET; several make a folder each',
    )
    .option(
      '--suite <name|file>',
      `conditions: ${listSuites().join(', ')} or a file of your own (default: ${d.suite})`,
    )
    .option(
      '--scenarios <list>',
      'conditions of your own instead: names, tags, files or all; name:2 gives a weight',
    )
    .option('--episodes <n>', `with --scenarios: starts, shared by weight (default: ${d.episodes})`)
    .option(
      '--only <condition...>',
      'of these conditions just the ones with these keys, as results and report print them',
    )
    .option('--seed <n>', 'draws a fresh instance of the conditions, with a hash of its own')
    .option(
      '--workers <n>',
      `worker threads, each with its own browser, 1 to ${MAX_WORKERS} (default: cores)`,
    )
    .option(
      '--action-steps <n>',
      'actions of a chunk that are executed before the policy is asked again (default: as trained)',
    )
    .option(
      '--temporal-ensemble <coefficient>',
      'ask in every frame and average all chunks, weight exp(-coefficient * age rank); off executes whole chunks (default: as trained)',
    )
    .option(
      '--through-codec',
      'the policy sees frames as the video of a dataset shows them: encoded in order and decoded, as in its training',
    )
    .option('--shuffled', 'in an order that says nothing about how rollouts end, to stop anywhere in it')
    .option('--out <folder>', `where results go (default: ${d.out}/CHECKPOINT-SUITE)`)
    .option('--resume', 'go on with the rollouts in --out')
    .option('--min-success <p>', 'exit with 1 when the success rate (0 to 1) is below')
    .option('--no-report', 'write no report.html')
    .option('--hang <seconds>', `a rollout that takes longer on the clock is an error (default: ${d.hangS})`)
    .option('--backend <name>', `auto, gl-egl or swiftshader (default: ${d.backend})`)
    .addHelpText('after', EXAMPLES)
    .action(async (_options, command: Command) => rollout(command.optsWithGlobals<Options>()));
}

async function rollout(options: Options): Promise<void> {
  const request = parseRolloutOptions(options, availableParallelism());
  const say = (text: string): void => void (options.quiet || process.stderr.write(`${text}\n`));
  const command = shellLine(['brickyard', ...process.argv.slice(2)]);
  const result = await rollOut(
    { ...request, out: options.out, report: options.report !== false, command },
    { say },
  );
  if (result.kind === 'interrupted') {
    process.exitCode = INTERRUPTED_EXIT_CODE;
    return;
  }
  const { summaries } = result;
  if (options.json)
    process.stdout.write(`${JSON.stringify(summaries.length === 1 ? summaries[0] : { runs: summaries })}\n`);
  judge(summaries, request.minSuccess);
}

/** Rates below the bar and rollouts without an answer end the command with 1. */
function judge(summaries: readonly RolloutSummary[], minSuccess: number | undefined): void {
  const faults = summaries.flatMap(({ checkpoint, success_rate, errors, episodes }) => [
    ...(errors > 0 ? [`${checkpoint}: ${errors} of ${episodes} rollouts ended in an error`] : []),
    ...(minSuccess !== undefined && success_rate < minSuccess
      ? [`${checkpoint}: success rate ${success_rate.toFixed(3)} is below ${minSuccess}`]
      : []),
  ]);
  if (faults.length > 0) throw new NegativeResult(faults.join('; '));
}
