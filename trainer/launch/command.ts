/** `brickyard train` and `brickyard export`: read the options, run the trainer's Python, print the summary. */
import { Command } from 'commander';
import { checkNames } from '../../dataset/checks/names.ts';
import { VALIDATE_DEFAULTS } from '../../dataset/validate.ts';
import { INTERRUPTED_EXIT_CODE } from '../../runtime/interrupt.ts';
import { oneOf, wholeNumber } from '../../runtime/option-value.ts';
import { shellLine } from '../../runtime/shell-line.ts';
import { userPath } from '../../runtime/user-path.ts';
import { InputError, throwFaults } from '../../sim/errors.ts';
import type { StartRollout } from './checkpoint-rollouts.ts';
import { estimateText } from './dry-run.ts';
import { assertRolledOut } from './evaluated-training.ts';
import { EVALUATION_DEFAULTS } from './evaluation-plan.ts';
import { EXPORT_DEFAULTS, exportPolicy, PRECISIONS } from './export-policy.ts';
import { localProvider } from './local.ts';
import { trainerArguments } from './overrides.ts';
import { DEFAULT_PROVIDER } from './provider.ts';
import { addRemoteOptions, REMOTE_HELP } from './remote/remote-options.ts';
import { runCommands } from './remote/run-commands.ts';
import { type RemoteCommandOptions, reportRemoteRun, trainRemotely } from './remote/train-remotely.ts';
import { estimateHere, type TrainHereOptions, trainHere } from './train-here.ts';
import { TrainProgress } from './train-progress.ts';

interface GlobalOptions {
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
}

interface TrainCommandOptions extends GlobalOptions, Omit<RemoteCommandOptions, 'overrides'> {
  resume?: string;
  allowChange: string[];
  notify?: string;
  dryRun?: boolean;
  cfg?: string;
}

const TRAIN_EXAMPLES = `
key=value changes the configuration (trainer/conf): groups are policy, data, env, hardware, experiment.

--eval rolls out one checkpoint at a time, niced; the newest is next, older ones wait and are rolled out after the
training at the latest. checkpoints/best_success is the best of them; \`brickyard eval sweep RUN\` uses these rollouts
again and reports it on conditions that had no part in the choice.

Examples:
  brickyard train --dataset datasets/first policy=act_small
  brickyard train --dataset datasets/first policy=act_small training.steps=2000 training.lr=1e-4
  brickyard train --dataset datasets/first policy=act_small --dry-run     how long it would take
  brickyard train --dataset datasets/first policy=act_small --eval smoke --eval-every 2
  brickyard train --resume runs/2026-01-31/10-00-00-act_small
  brickyard train --resume RUN training.lr=5e-5 --allow-change training.lr
  brickyard train --cfg job policy=act_small                              the whole configuration`;

/** What the trainer does not do itself. */
export interface TrainCommandPorts {
  startRollout: StartRollout;
}

export function trainCommand(ports: TrainCommandPorts): Command {
  const command = new Command('train')
    .description(
      'Train a policy on a dataset: it is validated first, and every checkpoint becomes a policy folder.',
    )
    .argument('[key=value...]', 'changes of the configuration')
    .option('--dataset <dir>', 'the LeRobot v3.0 dataset to learn from')
    .option('--out <run>', 'the run folder (default: runs/DATE/TIME-NAME)')
    .option('--resume <run>', 'go on with a run; its dataset and configuration are known')
    .option('--allow-change <key>', 'a key that may differ from the resumed run; repeatable', collect, [])
    .option(
      '--notify <command>',
      'a program and its arguments, no shell; gets every report as JSON on its stdin',
    )
    .option(
      '--eval <suite>',
      'roll checkpoints out on the idle cores as they appear, and keep the best by success: NAME, FILE, or none',
    )
    .option(
      '--eval-every <n>',
      `with --eval: every n-th checkpoint, and the last (default: ${EVALUATION_DEFAULTS.every})`,
    )
    .option('--provider <name>', 'where it runs: local, ssh, gcp or verda', DEFAULT_PROVIDER)
    .option('--min-episodes <n>', 'fewer in the dataset are a fault', String(VALIDATE_DEFAULTS.minEpisodes))
    .option('--skip <checks>', 'checks of `dataset validate` to leave out, such as statistics,size')
    .option(
      '--dry-run',
      'begin it in a temporary folder, say how long it would take and how much space, and stop',
    )
    .option('--cfg <what>', 'print the configuration and end: job');
  addRemoteOptions(command)
    .addHelpText('after', TRAIN_EXAMPLES + REMOTE_HELP)
    .action(async (overrides: string[], _options, command: Command) => {
      const options = command.optsWithGlobals<TrainCommandOptions>();
      const isHere = options.provider === DEFAULT_PROVIDER;
      return (isHere ? train : trainElsewhere)(overrides, options, ports);
    });
  // Their help names their own options alone, not the many of a training.
  for (const run of runCommands(ports)) command.addCommand(run.configureHelp({ showGlobalOptions: false }));
  return command;
}

const collect = (value: string, before: string[]): string[] => [...before, value];

async function train(
  overrides: string[],
  options: TrainCommandOptions,
  { startRollout }: TrainCommandPorts,
): Promise<void> {
  const { json, quiet = false, dryRun } = options;
  const asked = hereOptions(overrides, options);
  if (options.cfg !== undefined) return showConfiguration(options.cfg, trainerArguments(asked));
  const say = (text: string): void => void (quiet || process.stderr.write(`${text}\n`));
  if (dryRun) return estimate(asked, say, json);
  const progress = new TrainProgress(process.stderr, quiet, () => performance.now() / 1000);
  const result = await trainHere(asked, { say, progress, startRollout });
  process.exitCode = result.code;
  const { end } = result;
  if (!end || (result.code !== 0 && result.code !== INTERRUPTED_EXIT_CODE)) return;
  const { run, steps, loss_first, loss_last, best, checkpoint, policy } = end;
  say(`${steps} steps, loss ${shortNumber(loss_first)} to ${shortNumber(loss_last)}: ${run}`);
  if (result.bestSuccess !== null) say(`best by success: ${result.bestSuccess}`);
  else if (policy)
    say(`policy: ${policy}; \`brickyard eval rollout --checkpoint ${policy}\` says how often it succeeds`);
  const { bestSuccess: best_success, success } = result;
  const summary = { run, steps, loss_first, loss_last, best, best_success, success, checkpoint, policy };
  if (json) printLine(JSON.stringify(summary));
  assertRolledOut(result);
}

/** @throws InputError for what cannot be */
function hereOptions(overrides: string[], options: TrainCommandOptions): TrainHereOptions {
  refuseRemoteOptions(options);
  const { minEpisodes, skip, allowChange, notify } = options;
  const path = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : userPath(text);
  const asked = {
    ...{ dataset: path(options.dataset), out: path(options.out), resume: path(options.resume) },
    ...{ allowChange, notify, overrides },
  };
  trainerArguments(asked);
  return {
    ...asked,
    minEpisodes: wholeNumber('--min-episodes', minEpisodes, { min: 0 }),
    skip: skip === undefined ? [] : checkNames('--skip', skip),
    evaluation: { suite: options.eval, every: options.evalEvery },
    command: shellLine(['brickyard', ...process.argv.slice(2)]),
  };
}

async function trainElsewhere(
  overrides: string[],
  options: TrainCommandOptions,
  { startRollout }: TrainCommandPorts,
): Promise<void> {
  const { resume, dryRun, cfg, allowChange, notify } = options;
  const faults: string[] = [];
  if (resume !== undefined) faults.push('a run elsewhere is gone on with by `brickyard train resume RUN`');
  if (dryRun)
    faults.push('--dry-run is for --provider local; --preflight says what stands in the way elsewhere');
  if (cfg !== undefined) faults.push('--cfg is for --provider local, and the same elsewhere');
  if (allowChange.length > 0) faults.push('--allow-change is for --provider local');
  if (notify !== undefined) faults.push('--notify is for --provider local');
  throwFaults(`train --provider ${options.provider}`, faults);
  const command = shellLine(['brickyard', ...process.argv.slice(2)]);
  const summary = await trainRemotely({ ...options, overrides }, { startRollout, command });
  if (summary) reportRemoteRun(summary, options.json);
}

/** Somebody who names a machine does not mean this one. */
function refuseRemoteOptions(options: TrainCommandOptions): void {
  const { host, project, instance, gpu, maxCost, maxHours, zone, preflight } = options;
  const given = Object.entries({ host, project, instance, gpu, maxCost, maxHours, preflight })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  if (zone.length > 0) given.push('--zone');
  if (given.length > 0)
    throw new InputError(`${given.join(', ')}: this machine is used unless --provider is ssh, gcp or verda`);
}

async function showConfiguration(what: string, args: string[]): Promise<void> {
  if (what !== 'job') throw new InputError(`--cfg is "${what}"; it takes job`);
  const job = localProvider.start({
    program: 'train.py',
    args: ['--cfg', what, ...args],
    env: {},
    onEvent: () => {},
    onOutput: printLine,
    onText: (line) => process.stderr.write(`${line}\n`),
  });
  process.exitCode = await job.finished;
}

async function estimate(
  options: TrainHereOptions,
  say: (text: string) => void,
  json?: boolean,
): Promise<void> {
  const found = await estimateHere(options, { say });
  if ('failure' in found) {
    process.exitCode = found.code;
    return;
  }
  say(estimateText(found));
  if (json) printLine(JSON.stringify(found));
}

interface ExportCommandOptions extends GlobalOptions {
  dataset?: string;
  out?: string;
  precision: string;
  frames: string;
}

export function exportCommand(): Command {
  const { precision, frames } = EXPORT_DEFAULTS;
  return new Command('export')
    .description('Export a checkpoint, ours or any lerobot ACT, as a policy folder that rollouts run.')
    .argument(
      '<checkpoint>',
      'a pretrained_model folder, the checkpoint around it, or a run: RUN (its best), RUN@STEP',
    )
    .option('--dataset <dir>', 'the dataset that it was trained on')
    .option('--out <dir>', 'the policy folder to write')
    .option('--precision <type>', `of the stored weights: ${PRECISIONS.join(' or ')}`, precision)
    .option('--frames <n>', 'real frames over which the runtimes are compared', String(frames))
    .action(async (checkpoint: string, _options, command: Command) =>
      exportCheckpoint(checkpoint, command.optsWithGlobals<ExportCommandOptions>()),
    );
}

async function exportCheckpoint(checkpoint: string, options: ExportCommandOptions): Promise<void> {
  const { dataset, out, precision, frames, json, quiet } = options;
  if (dataset === undefined)
    throw new InputError('--dataset is missing: the figures are taken on its frames');
  if (out === undefined) throw new InputError('--out is missing: name the policy folder to write');
  oneOf('--precision', precision, PRECISIONS);
  const parityFrames = wholeNumber('--frames', frames, { min: 1 });
  const result = await exportPolicy({
    provider: localProvider,
    checkpoint: userPath(checkpoint),
    dataset: userPath(dataset),
    out: userPath(out),
    precision,
    frames: parityFrames,
    command: shellLine(['brickyard', ...process.argv.slice(2)]),
    say: (line) => process.stderr.write(`${line}\n`),
  });
  if (result.kind === 'failed') {
    process.exitCode = result.code;
    return;
  }
  const { parity } = result;
  if (json) printLine(JSON.stringify({ policy: userPath(out), parity }));
  else if (!quiet)
    process.stderr.write(
      `${userPath(out)}: over ${parity.frames} frames the largest difference to PyTorch is ${parity.end_to_end.toPrecision(2)}\n`,
    );
}

function shortNumber(value: number | null): string {
  return value === null ? 'not known' : value.toPrecision(3);
}

function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}
