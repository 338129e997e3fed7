/** `brickyard eval compare A B`. */
import { Command } from 'commander';
import { InputError } from '../../sim/errors.ts';
import { userPath } from '../../sim/host/user-path.ts';
import { COMPARE_DEFAULTS, comparePairs, compareUntilDecided } from './comparison.ts';
import { pairRollouts } from './pairing.ts';
import { readRollout } from './rollout-folder.ts';
import { comparisonText } from './table.ts';

const EXAMPLES = `
A is what was there before, B what is new; BETTER means that B succeeds more often.

  BETTER, WORSE         the exact McNemar test finds a difference (p <= ${COMPARE_DEFAULTS.alpha})
  NO DIFFERENCE SHOWN   none found, and one of --margin would have been found in 4 of 5 comparisons
  UNDERPOWERED          none found, but one of --margin could easily have been missed: run more episodes

With --stop-early the pairs are looked at one by one in a fixed shuffled order and the first decision ends it, by a
test that stays valid under such looking (p values and interval are valid at every moment; on all pairs the usual test
sees smaller differences). B may then still be running.

Exit codes: 0 compared; 1 B is WORSE; 2 the two cannot be paired.

Examples:
  brickyard eval compare rollouts/old rollouts/new
  brickyard eval compare rollouts/old rollouts/new --margin 3 --json`;

interface CompareOptions {
  margin: string;
  stopEarly?: boolean;
  acrossCodec?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** The `compare` command of `eval`. */
export function compareCommand(): Command {
  return new Command('compare')
    .description('Compare two rollouts on the same conditions: which policy succeeds more often?')
    .argument('<a>', 'folder of the rollout that was there before')
    .argument('<b>', 'folder of the new rollout')
    .option(
      '--margin <points>',
      'difference in percentage points below which it does not matter',
      `${COMPARE_DEFAULTS.marginPoints}`,
    )
    .option('--stop-early', 'decide on as few pairs as possible')
    .option(
      '--across-codec',
      'allow one of the two with --through-codec and the other without: measures what the codec does',
    )
    .addHelpText('after', EXAMPLES)
    .action((a: string, b: string, _options, command: Command) =>
      compare(a, b, command.optsWithGlobals<CompareOptions>()),
    );
}

function compare(nameA: string, nameB: string, options: CompareOptions): void {
  const marginPoints = parseMargin(options.margin);
  const sequential = options.stopEarly === true;
  const a = readRollout(userPath(nameA), nameA);
  const b = readRollout(userPath(nameB), nameB);
  const pairing = pairRollouts(a, b, { unfinished: sequential, acrossCodec: options.acrossCodec === true });
  if (pairing.pairs.length === 0 && pairing.errors.length === 0)
    throw new InputError(`${nameB}: has none of the first conditions yet; ask again when more of it has run`);
  if (pairing.pairs.length === 0)
    throw new InputError(
      `${nameA} and ${nameB}: all ${pairing.errors.length} pairs have an episode that crashed or hung; see its error in results.jsonl`,
    );
  const comparison = sequential
    ? compareUntilDecided(pairing, marginPoints)
    : comparePairs(pairing, marginPoints);
  if (!options.quiet) process.stderr.write(`${comparisonText(comparison, { a: nameA, b: nameB })}\n`);
  const { suite = null, suite_hash = null } = a.summary ?? {};
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ ...comparison, suite, suite_hash, folders: { a: nameA, b: nameB } })}\n`,
    );
  if (comparison.verdict === 'WORSE') process.exitCode = 1;
}

/** @throws InputError unless it is a number of points above 0 and below 100 */
export function parseMargin(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value < 100))
    throw new InputError(`--margin is ${text}; it must be a number of percentage points above 0, below 100`);
  return value;
}
