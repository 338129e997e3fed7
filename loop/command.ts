/** `brickyard loop`: reads the options, runs rounds, prints the summary. */

import { mkdirSync, realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { Disk } from '../runtime/disk.ts';
import { formatDuration } from '../runtime/figures.ts';
import { INTERRUPTED_EXIT_CODE, listenForInterrupts } from '../runtime/interrupt.ts';
import { takeRunLock } from '../runtime/run-lock.ts';
import { userPath } from '../runtime/user-path.ts';
import { selectedTask } from '../scenarios/tasks.ts';
import { InputError, NegativeResult } from '../sim/errors.ts';
import { describeTask, loadTask } from '../sim/tasks/load-task.ts';
import { trainerPython } from '../trainer/launch/local.ts';
import { DEFAULT_PROVIDER } from '../trainer/launch/provider.ts';
import { BEST_FOLDER, keepBest } from './best-policy.ts';
import { elsewhereOf, trainsElsewhere } from './elsewhere.ts';
import { endLeftovers } from './leftovers.ts';
import { beat, openLoop } from './open-loop.ts';
import { DEFAULT_CONTENT, parseLoopOptions, type RawLoopOptions } from './options.ts';
import { loopPage, PAGE_FILE } from './page/page.ts';
import { firstRoundCost, nextStages } from './plan.ts';
import { assertTrainsThere } from './remote-runs.ts';
import { runLoop } from './run.ts';
import { DIVERGENCE, LOOP_DEFAULTS, MODES } from './settings.ts';
import { StageProcesses } from './stage-processes.ts';
import { type LoopState, STATE_FILE, writeState } from './state.ts';
import { loopSummary, summaryText } from './summary.ts';

type Options = RawLoopOptions & {
  out: string;
  provider?: string;
  settings?: string;
  overlap: boolean;
  resume?: boolean;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
};

const HEARTBEAT_MS = 10_000;
/** Estimates made before anything was measured here may be off by so much without a budget being refused. */
const ESTIMATE_MAY_BE_OFF_BY = 3;

const d = LOOP_DEFAULTS;
const TEXT = `
key=value goes to every training (trainer/conf), such as policy=act training.batch_size=32.

A round: look where the last policy fails (aim) -> the policy drives there and the expert corrects it (corrections)
-> with fresh episodes and all data before (merge) -> train on from the last good policy -> held-out rollouts (judge).
Round 0 trains on fresh episodes alone, from scratch or --init-from. While a policy trains, on one thread or on another
machine, the fresh episodes of the next round are made on the other cores. The held-out starts are the same for every
round: they choose the best, which is copied to OUT/best, and aim nothing; at the end it is rolled out once more on starts
that chose nothing.

It stops after --rounds; when the lower end of a 95 % interval on the held-out starts reaches --target; when the next
round does not fit into --budget, by what stages have cost so far; when a test over all pairs since the best rules out a
gain of --margin points; or when a training diverges ${DIVERGENCE.attempts} times, each time with ${DIVERGENCE.lrFactor} of the learning rate before.
The same command goes on after Ctrl-C, kill -9 or a full disk, and with more --rounds after its end. OUT/${PAGE_FILE}
shows the whole run at any moment.

With --provider ssh, gcp or verda train.remote.yaml names the machine, the storage and the limits, which hold for each
training by itself; docs/remote-training.md tells the rest. Runs lie in runs/, \`train status\` shows the newest. Ctrl-C ends
the training and its machine, too; the same command goes on from its checkpoint.

Examples:
  brickyard loop --rounds 10 --budget 8h --out loops/first
  brickyard loop --scenarios one-brick --rounds 3 --first-steps 2000 --steps 2000
  brickyard loop --scenarios wall,corner:2 --target 0.9 --held-out-episodes 200
  brickyard loop --resume --out loops/first --rounds 20        go on, for longer`;

/** The `loop` command. */
export function loopCommand(): Command {
  return new Command('loop')
    .description('Rounds of data, training and rollouts: each aims its data at where the last policy failed.')
    .argument('[key=value...]', 'changes of the configuration of every training')
    .option('--rounds <n>', `rounds at most (default: ${d.rounds})`)
    .option('--budget <time>', 'time at most, such as 8h or 90m; a round that does not fit is not begun')
    .option('--target <p>', 'stop when the lower end of the 95 % interval is at least this (0 to 1)')
    .option('--margin <points>', `gains below it are no improvement (default: ${d.marginPoints})`)
    .option('--scenarios <list>', `what the policy must do: names, tags, files (default: ${d.scenarios})`)
    .option('--suite <name|file>', 'conditions of rollouts, instead of starts of --scenarios')
    .option('--seed <n>', `data, conditions and trainings follow from it (default: ${d.seed})`)
    .option('--mode <name>', `fresh episodes: ${MODES.join(', ')} (default: ${d.mode})`)
    .option('--first-episodes <n>', `fresh episodes of round 0 (default: ${d.firstEpisodes})`)
    .option('--episodes <n>', `fresh episodes of each later round (default: ${d.episodes})`)
    .option('--corrections <n>', `corrected episodes of each later round (default: ${d.corrections})`)
    .option(
      '--correction-weight <x>',
      `how often a frame of them counts in training (default: ${d.correctionWeight})`,
    )
    .option('--first-steps <n>', `training steps of round 0, from scratch (default: ${d.firstSteps})`)
    .option('--steps <n>', `training steps of each later round (default: ${d.steps})`)
    .option('--lr <x>', `learning rate of round 0 (default: ${d.lr})`)
    .option('--fine-tune-lr <x>', `learning rate of later rounds (default: ${d.fineTuneLr})`)
    .option('--init-from <checkpoint>', 'what round 0 starts from: a run or checkpoint (default: scratch)')
    .option('--aim-episodes <n>', `rollouts to find failures (default: ${d.aimEpisodes})`)
    .option('--held-out-episodes <n>', `rollouts that choose the best (default: ${d.heldOutEpisodes})`)
    .option(
      '--final-episodes <n>',
      `rollouts of the best at the end, 0 for none (default: ${d.finalEpisodes})`,
    )
    .option('--state <layout>', 'state layout, as in gen (default: the first of the task)')
    .option('--size <WxH>', `picture size in pixels (default: ${d.size})`)
    .option(
      '--provider <name>',
      `where trainings run: ${DEFAULT_PROVIDER}, ssh, gcp or verda (default: ${DEFAULT_PROVIDER})`,
    )
    .option('--settings <file>', 'of trainings elsewhere (default: train.remote.yaml here)')
    .option('--no-overlap', 'make no data beside trainings')
    .option('--out <folder>', 'where all of it goes', d.out)
    .option('--resume', 'go on with the loop in --out, whose options are known; begin it when there is none')
    .addHelpText('after', TEXT)
    .action(async (overrides: string[], _options, command: Command) =>
      loop(overrides, command.optsWithGlobals<Options>()),
    );
}

async function loop(overrides: string[], options: Options): Promise<void> {
  const asked = userPath(options.out);
  const layouts = Object.keys((await describeTask(selectedTask())).stateLayouts);
  const given = parseLoopOptions(options, overrides, layouts);
  const { provider, overlap } = options;
  const settings = options.settings === undefined ? undefined : userPath(options.settings);
  trainerPython();
  const machine = { cores: availableParallelism(), overlap, provider, settings };
  const command = `brickyard ${process.argv.slice(2).join(' ')}`;
  const state = openLoop(asked, given, machine, command, layouts[0]);
  if (trainsElsewhere(state.machine)) assertTrainsThere(state.machine, elsewhereOf(state).folder);
  else if (settings !== undefined) throw new InputError('--settings is for --provider ssh, gcp or verda');
  const say = (text: string): void => void (options.quiet || process.stderr.write(`${text}\n`));
  assertBudget(state, say);
  mkdirSync(asked, { recursive: true });
  const out = realpathSync(asked);
  const paths = { policy: join(out, BEST_FOLDER), page: join(out, PAGE_FILE) };
  const release = takeRunLock(out, out);
  try {
    await endLeftovers(out, say);
    const result = await goOn(out, state, options, say);
    if (result === 'interrupted') {
      say('stopped; the same command goes on');
      process.exitCode = INTERRUPTED_EXIT_CODE;
      return;
    }
  } finally {
    release();
  }
  say(summaryText(state, paths));
  const summary = loopSummary(state, paths);
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  judge(state, summary.best !== null);
}

async function goOn(
  out: string,
  state: LoopState,
  options: Options,
  say: (text: string) => void,
): Promise<'done' | 'interrupted'> {
  const { content, machine } = state;
  const onText = (id: string, line: string): void => {
    if (options.verbose) say(`  ${id}: ${line}`);
  };
  const runner = new StageProcesses({ out, content, machine, elsewhere: elsewhereOf(state), onText });
  const interrupt = listenForInterrupts({
    onFirst: () => say('stopping: what runs keeps its state and ends; once more stops it at once'),
    onSecond: () => runner.kill(),
  });
  const from = { nowS: performance.now() / 1000, elapsedS: state.elapsedS };
  const nowS = (): number => performance.now() / 1000;
  const beats = setInterval(() => beat(out, from.elapsedS + nowS() - from.nowS), HEARTBEAT_MS);
  const onStage = async (now: LoopState): Promise<void> => {
    await keepBest(out, now);
    await new Disk().writeWhole(join(out, PAGE_FILE), loopPage(basename(out), now));
  };
  const save = (now: LoopState): Promise<void> => writeState(join(out, STATE_FILE), now);
  await loadTask(selectedTask()); // whose labels the page explains
  try {
    await save(state);
    await new Disk().removeLeftovers(out);
    await keepBest(out, state);
    const result = await runLoop(state, { runner, save, onStage, nowS, say, stop: interrupt.stop });
    await onStage(state);
    return result;
  } catch (error) {
    throw fullDisk(error, out);
  } finally {
    clearInterval(beats);
    interrupt.release();
    runner.kill();
  }
}

/** One sentence for a disk that takes no more, wherever it showed. */
function fullDisk(error: unknown, out: string): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') return error;
  return new NegativeResult(`the disk of ${out} is full; free some space, and the same command goes on`);
}

/** Refuses a budget that cannot hold one round; warns of one that may not. */
function assertBudget(state: LoopState, say: (text: string) => void): void {
  const { budgetS } = state.limits;
  if (budgetS === null || state.stages.length > 0) return;
  const { totalS, parts } = firstRoundCost(state);
  if (totalS <= budgetS) return;
  const list = parts.map(([kind, s]) => `${kind} ${formatDuration(s)}`).join(', ');
  const text = `--budget ${formatDuration(budgetS)}: the first round takes about ${formatDuration(totalS)} (${list})`;
  const isKnown = !trainsElsewhere(state.machine);
  if (isKnown && totalS / ESTIMATE_MAY_BE_OFF_BY > budgetS)
    throw new InputError(
      `${text}; give more, or lower --first-episodes, --first-steps and --held-out-episodes (${DEFAULT_CONTENT.firstEpisodes}, ${DEFAULT_CONTENT.firstSteps} and ${DEFAULT_CONTENT.heldOutEpisodes} when left out)`,
    );
  const before = isKnown ? 'here; it is measured before the training' : 'there; the first training tells';
  say(`${text}, estimated before anything was measured ${before}`);
}

/** A loop that ran and did not bring what was asked for ends with 1. */
function judge(state: LoopState, hasBest: boolean): void {
  const { ending, limits } = state;
  if (!ending || nextStages(state, state.elapsedS).stages.length > 0) return;
  if (!hasBest && ending.reason === 'budget')
    throw new NegativeResult(`the budget is too small for one round: ${ending.sentence}`);
  if (ending.reason === 'diverged') throw new NegativeResult(ending.sentence);
  if (limits.target !== null && ending.reason !== 'target')
    throw new NegativeResult(`the target of ${limits.target} was not reached: ${ending.sentence}`);
}
