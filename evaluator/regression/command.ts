/** `brickyard eval regression SUITE`. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { writeWholeFile } from '../../runtime/disk.ts';
import { assertReplaceable, JUNIT_MARK } from '../../runtime/output-file.ts';
import { userFolder, userPath } from '../../runtime/user-path.ts';
import { expandSuite, loadSuite } from '../../scenarios/suites/suite.ts';
import { scenarioFolder, selectedTask } from '../../scenarios/tasks.ts';
import { DEFAULT_TASK } from '../../sim/engine/task-registry.ts';
import { InputError, NegativeResult } from '../../sim/errors.ts';
import { parseMargin } from '../compare/command.ts';
import { COMPARE_DEFAULTS } from '../compare/comparison.ts';
import { assertRanOn } from '../compare/sides.ts';
import { comparisonText } from '../compare/table.ts';
import { runRolloutProcess } from '../rollout-process.ts';
import { junitXml, type TestCase } from './junit.ts';
import { type Gate, goldenCases, policyGate, readGoldens, updateGoldens } from './run.ts';

/** Those of the default task are found beside this file also where it was compiled to another folder. */
const ownGoldens = (): string =>
  selectedTask() === DEFAULT_TASK
    ? fileURLToPath(new URL('./goldens.json', import.meta.url))
    : join(dirname(scenarioFolder(selectedTask())), 'goldens.json');

const EXAMPLES = `
First the golden trajectories: one start of every built-in scenario, driven by fixed actions and by the expert, must
end in the recorded state to the bit. Then the gate: --checkpoint is rolled out on the suite and compared, condition by
condition, with --baseline, which is a folder that \`eval rollout\` wrote, or a policy, which is rolled out as well.

It fails when the success rate fell by more than --margin; when a scenario's fell by more than that and by more than
chance (p <= ${COMPARE_DEFAULTS.alpha}, Holm); when a rollout crashed; when a golden differs. Without --checkpoint only the goldens.

Exit codes: 0 nothing got worse; 1 something did, and is named; 2 bad input, or a baseline that cannot be compared.

Examples:
  brickyard eval regression smoke --checkpoint runs/new --baseline rollouts/old --junit regression.xml
  brickyard eval regression smoke                 golden trajectories only
  brickyard eval regression smoke --update        simulator or expert were meant to change`;

interface RegressionOptions {
  checkpoint?: string;
  baseline?: string;
  margin: string;
  out: string;
  junit?: string;
  goldens?: string;
  workers?: string;
  force?: boolean;
  update?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** The `regression` command of `eval`. */
export function regressionCommand(): Command {
  return new Command('regression')
    .description('Has the simulator, the expert or the policy got worse? For CI.')
    .argument('<suite>', 'name or file of the conditions')
    .option('--checkpoint <policy>', 'the new policy: a policy folder, a training run, RUN@step, expert')
    .option('--baseline <rollout>', 'what it must not fall behind: a rollout folder, or a policy')
    .option('--margin <points>', 'how many percentage points it may fall', `${COMPARE_DEFAULTS.marginPoints}`)
    .option('--out <folder>', 'where rollouts go; those found there are used again', 'regression')
    .option('--junit <file>', 'write JUnit XML')
    .option('--force', 'let --junit replace a file that is no report of ours')
    .option('--goldens <file>', 'golden trajectories (default: those that come with the task)')
    .option('--workers <n>', 'workers of the rollouts (default: theirs)')
    .option('--update', 'write the golden trajectories again and show what differs')
    .addHelpText('after', EXAMPLES)
    .action((suite: string, _options, command: Command) =>
      regression(suite, command.optsWithGlobals<RegressionOptions>()),
    );
}

async function regression(suite: string, options: RegressionOptions): Promise<void> {
  const say = (text: string): void => void (options.quiet || process.stderr.write(`${text}\n`));
  const marginPoints = parseMargin(options.margin);
  if (options.junit !== undefined)
    assertReplaceable(userPath(options.junit), { option: '--junit', force: options.force });
  const goldens = options.goldens === undefined ? ownGoldens() : userPath(options.goldens);
  const shown = options.goldens ?? `of ${selectedTask()}`;
  const { checkpoint, baseline } = options;
  if ((checkpoint === undefined) !== (baseline === undefined))
    throw new InputError('--checkpoint and --baseline are compared with each other; give both or neither');
  if (options.update) {
    if (checkpoint !== undefined)
      throw new InputError('--update only writes goldens; leave out --checkpoint and --baseline');
    const differences = await updateGoldens(goldens, shown);
    for (const { scenario, message } of differences) say(`${scenario}: ${message}`);
    say(differences.length === 0 ? 'the goldens are as before' : `${goldens}: written`);
    if (options.json) process.stdout.write(`${JSON.stringify({ goldens, updated: differences })}\n`);
    return;
  }
  if (baseline !== undefined && existsSync(join(userPath(baseline), 'results.jsonl')))
    assertRanOn(baseline, expandSuite(loadSuite(suite, userFolder())));
  const cases = await goldenCases(readGoldens(goldens, shown));
  let gate: Gate | undefined;
  if (checkpoint !== undefined && baseline !== undefined) {
    gate = await policyGate(
      {
        ...{
          suite,
          checkpoint,
          marginPoints,
          workers: options.workers,
          quiet: options.quiet,
          out: userPath(options.out),
        },
        baseline: existsSync(userPath(baseline)) ? userPath(baseline) : baseline,
      },
      runRolloutProcess,
    );
    cases.push(...gate.cases);
    say(comparisonText(gate.comparison, { a: baseline, b: checkpoint }));
  }
  conclude(suite, cases, gate, options);
}

function conclude(
  suite: string,
  cases: TestCase[],
  gate: Gate | undefined,
  options: RegressionOptions,
): void {
  if (options.junit !== undefined) {
    const path = userPath(options.junit);
    assertReplaceable(path, { option: '--junit', force: options.force });
    writeWholeFile(path, junitXml(`${JUNIT_MARK}${suite}`, cases));
  }
  const failures = cases.flatMap(({ failure }) => failure ?? []);
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ ok: failures.length === 0, cases: cases.length, failures, comparison: gate?.comparison ?? null, rollout: gate?.rollout ?? null })}\n`,
    );
  if (failures.length > 0)
    throw new NegativeResult(
      `${failures.length} of ${cases.length} checks got worse:\n${failures.map((failure) => `  - ${failure}`).join('\n')}`,
    );
  if (!options.quiet) process.stderr.write(`${cases.length} checks, nothing got worse\n`);
}
