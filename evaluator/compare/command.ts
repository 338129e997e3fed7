/** `brickyard eval compare A B`. */
import { Command } from 'commander';
import { readNumber } from '../../runtime/option-value.ts';
import { InputError } from '../../sim/errors.ts';
import { COMPARE_DEFAULTS, comparePairs, compareUntilDecided } from './comparison.ts';
import { type Pairing, pairRollouts } from './pairing.ts';
import { hasResults, rollOutSides } from './roll-out.ts';
import { readRollout } from './rollout-folder.ts';
import { resolveSides, SIDES_DEFAULTS, type Sides } from './sides.ts';
import { comparisonText } from './table.ts';

const EXAMPLES = `
A is what was there before, B what is new; BETTER means that B succeeds more often.

  BETTER, WORSE         the exact McNemar test finds a difference (p <= ${COMPARE_DEFAULTS.alpha})
  NO DIFFERENCE SHOWN   none found, and one of --margin would have been found in 4 of 5 comparisons
  UNDERPOWERED          none found, but one of --margin could easily have been missed: run more episodes

What is no rollout yet (a policy folder, RUN, RUN@STEP, expert, zero, random) is rolled out, both side by side: on the
conditions of the other where that one is there already, else on --suite or --scenarios.

With --stop-early the pairs are looked at one by one in a fixed shuffled order and the first decision ends it, by a
test that stays valid under such looking (p values and interval are valid at every moment; on all pairs the usual test
sees smaller differences). Rollouts that are under way stop there; the same command without it goes on with them.

Exit codes: 0 compared; 1 B is WORSE; 2 the two cannot be paired; 130 interrupted, the same command goes on.

Examples:
  brickyard eval compare rollouts/old rollouts/new
  brickyard eval compare rollouts/old rollouts/new --margin 3 --json
  brickyard eval compare runs/first@3000 runs/first@5000 --suite standard --stop-early
  brickyard eval compare rollouts/old runs/new --stop-early`;

interface CompareOptions {
  margin: string;
  stopEarly?: boolean;
  acrossCodec?: boolean;
  suite?: string;
  scenarios?: string;
  episodes?: string;
  seed?: string;
  out?: string;
  workers?: string;
  json?: boolean;
  quiet?: boolean;
}

/** The `compare` command of `eval`. */
export function compareCommand(): Command {
  return new Command('compare')
    .description('Compare two rollouts on the same conditions: which policy succeeds more often?')
    .argument('<a>', 'what was there before: the folder of a rollout, or a policy to roll out')
    .argument('<b>', 'what is new: the folder of a rollout, or a policy to roll out')
    .option(
      '--margin <points>',
      'difference in percentage points below which it does not matter',
      `${COMPARE_DEFAULTS.marginPoints}`,
    )
    .option('--stop-early', 'decide on as few pairs as possible, and roll out no more than they take')
    .option(
      '--across-codec',
      'allow one of the two with --through-codec and the other without: measures what the codec does',
    )
    .option('--suite <name|file>', `to roll out: conditions (default: ${SIDES_DEFAULTS.suite})`)
    .option('--scenarios <list>', 'to roll out: conditions of your own instead, as in eval rollout')
    .option('--episodes <n>', 'with --scenarios: starts')
    .option('--seed <n>', 'to roll out: a fresh instance of the conditions')
    .option('--out <folder>', `where rollouts go (default: ${SIDES_DEFAULTS.out}/A-against-B-SUITE)`)
    .option('--workers <n>', 'of both rollouts together (default: cores)')
    .addHelpText('after', EXAMPLES)
    .action((a: string, b: string, _options, command: Command) =>
      compare(a, b, command.optsWithGlobals<CompareOptions>()),
    );
}

async function compare(nameA: string, nameB: string, options: CompareOptions): Promise<void> {
  const marginPoints = parseMargin(options.margin);
  const sequential = options.stopEarly === true;
  const say = (text: string): void => void (options.quiet || process.stderr.write(`${text}\n`));
  const sides = resolveSides([nameA, nameB], options);
  const conditions = sides.plan?.set.conditions.map(({ key }) => key);
  const pairing = (): Pairing =>
    pairRollouts(readRollout(sides.a.folder, nameA), readRollout(sides.b.folder, nameB), {
      unfinished: sequential,
      acrossCodec: options.acrossCodec === true,
      ...(sequential && conditions ? { conditions } : {}),
    });
  const isDecided = (): boolean =>
    sequential &&
    hasResults(sides.a.folder) &&
    hasResults(sides.b.folder) &&
    compareUntilDecided(pairing(), marginPoints).verdict !== 'UNDERPOWERED';
  await rollOutSides(sides, { isDecided, say });
  const paired = pairing();
  assertPairs(paired, nameA, nameB);
  const comparison = sequential
    ? compareUntilDecided(paired, marginPoints)
    : comparePairs(paired, marginPoints);
  say(comparisonText(comparison, { a: nameA, b: nameB }));
  const saved = conditions ? savedRollouts(sides, conditions.length) : null;
  if (saved) say(`  ${saved.not_needed} of ${2 * saved.conditions} rollouts were not needed`);
  const { suite = null, suite_hash = null } = suiteOf(sides);
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ ...comparison, suite, suite_hash, folders: { a: sides.a.folder, b: sides.b.folder }, rollouts: saved })}\n`,
    );
  if (comparison.verdict === 'WORSE') process.exitCode = 1;
}

function assertPairs({ pairs, errors }: Pairing, nameA: string, nameB: string): void {
  if (pairs.length > 0) return;
  if (errors.length === 0)
    throw new InputError(`${nameB}: has none of the first conditions yet; ask again when more of it has run`);
  throw new InputError(
    `${nameA} and ${nameB}: all ${errors.length} pairs have an episode that crashed or hung; see its error in results.jsonl`,
  );
}

/** How many rollouts there are, of how many that all conditions would have taken. */
function savedRollouts({ a, b }: Sides, conditions: number) {
  const [ofA, ofB] = [a, b].map(({ folder, shown }) => readRollout(folder, shown).results.length);
  return { conditions, a: ofA, b: ofB, not_needed: 2 * conditions - ofA - ofB };
}

function suiteOf({ a, plan }: Sides): { suite?: string; suite_hash?: string } {
  if (plan) return { suite: plan.set.name, suite_hash: plan.set.hash };
  return readRollout(a.folder, a.shown).summary ?? {};
}

/** @throws InputError unless it is a number of points above 0 and below 100 */
export function parseMargin(text: string): number {
  const value = readNumber(text);
  if (!(value > 0 && value < 100))
    throw new InputError(`--margin is ${text}; it must be a number of percentage points above 0, below 100`);
  return value;
}
