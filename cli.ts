#!/usr/bin/env node
/** Wires the rooms' commands together; every command lives in its own room. */
import { Command, CommanderError } from 'commander';
import { datasetCommand } from './dataset/command.ts';
import { evalCommand } from './evaluator/command.ts';
import { startRollout } from './evaluator/rollout-process.ts';
import { genCommand } from './generator/command.ts';
import { doctorCommand } from './generator/doctor-command.ts';
import { scenarioCommand } from './generator/scenario-commands/command.ts';
import { loopCommand } from './loop/command.ts';
import { EXIT, exitCodeOf, type Failure, failureOf } from './runtime/failure.ts';
import { assertFolderPlace } from './runtime/output-folder.ts';
import { watchOutputStreams } from './runtime/output-streams.ts';
import { packageVersion } from './runtime/package-version.ts';
import { assertOpenFiles } from './runtime/resource-limits.ts';
import { guardTerminal } from './runtime/terminal.ts';
import { userFolder, userPath } from './runtime/user-path.ts';
import { taskNames } from './scenarios/tasks.ts';
import { useTask } from './scenarios/use-task.ts';
import { DEFAULT_TASK } from './sim/engine/task-registry.ts';
import { InputError } from './sim/errors.ts';
import { exportCommand, trainCommand } from './trainer/launch/command.ts';
import { datasetTransferCommands, policyCommand } from './trainer/launch/remote/transfer-commands.ts';
import { looksLikeStoreUrl } from './trainer/launch/storage/store-url.ts';

function buildProgram(): Command {
  const program = new Command('brickyard')
    .description(
      'Simulated episodes in parallel, as a LeRobot dataset; policies trained on them and judged in closed loop.',
    )
    .version(packageVersion(), '-V, --version')
    .option('--json', 'print one JSON summary as the last line of stdout')
    .option('--quiet', 'no progress on stderr')
    .option('--verbose', 'say more; show the causes of an error')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      '\nExit codes: 0 done; 1 it ran, but the answer is no; 2 bad usage or input, or the system refused (full disk, permissions); 70 a bug of brickyard, please report it; 130 interrupted (state kept, --resume goes on).',
    );
  const datasets = datasetCommand();
  for (const command of datasetTransferCommands()) datasets.addCommand(command);
  const commands = [
    genCommand(),
    scenarioCommand(),
    datasets,
    trainCommand({ startRollout }),
    exportCommand(),
    policyCommand(),
    evalCommand(),
    loopCommand(),
    doctorCommand(),
  ];
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program));
  for (const path of TASK_COMMANDS) addTaskOption(program, path.split(' '));
  return program;
}

const TASK_FLAGS = '--task <name|folder>';
/** Commands that simulate, draw or name scenarios, and groups of such commands. */
const TASK_COMMANDS = [
  'gen',
  'scenario',
  'dataset validate',
  'dataset preview',
  'train',
  'export',
  'eval',
  'loop',
];

function addTaskOption(parent: Command, [name, ...rest]: readonly string[]): void {
  const command = parent.commands.find((each) => each.name() === name)!;
  if (rest.length > 0) {
    addTaskOption(command, rest);
    return;
  }
  const leaves = name === 'scenario' || name === 'eval' ? command.commands : [command];
  for (const leaf of leaves)
    leaf.option(
      TASK_FLAGS,
      `the task: one of ${taskNames().join(', ')}, or a folder that holds one of your own, whose code is run`,
      DEFAULT_TASK,
    );
}

/** Commander's own complaints (unknown option, missing argument) become exit code 2. */
function throwInsteadOfExiting(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExiting(child);
}

/** Folders that a command writes are looked at before it does anything; single files are its own to judge. */
function assertOutputFolder(command: Command): void {
  const option = command.options.find(
    ({ long, flags }) => long === '--out' && /<(folder|dir|run)>/.test(flags),
  );
  const { out, dryRun, attempt, cfg } = command.opts<Record<string, unknown>>();
  const writesNothing = dryRun === true || attempt !== undefined || cfg !== undefined;
  if (option && typeof out === 'string' && !writesNothing && !looksLikeStoreUrl(out))
    assertFolderPlace(named(out));
}

function named(out: string): string {
  if (out.trim() === '') throw new InputError('--out is empty; name a folder');
  return userPath(out);
}

/** Commands that draw or start workers, whatever for: a low limit is said before anything is touched. */
function assertLimits(command: Command): void {
  const starts = command.options.some(({ long }) => long === '--backend' || long === '--workers');
  if (starts && command.opts<Record<string, unknown>>().dryRun !== true) assertOpenFiles();
}

/** The failure's message; with --verbose its causes and stacks too. */
function report(error: unknown, { kind, message }: Failure, verbose: boolean): void {
  const hint = kind === 'bug' && !verbose ? '\nRun it again with --verbose for the cause.' : '';
  process.stderr.write(`brickyard: ${message}${hint}\n`);
  if (!verbose) return;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    process.stderr.write(`${cause === error ? '' : 'caused by '}${cause.stack ?? cause.message}\n`);
}

function valueOfOut(argv: readonly string[]): string | undefined {
  const at = argv.lastIndexOf('--out');
  return at < 0 ? undefined : argv[at + 1];
}

export async function main(argv: readonly string[]): Promise<number> {
  const program = buildProgram();
  throwInsteadOfExiting(program);
  program.hook('preAction', async (_program, command) => {
    const { task } = command.opts<{ task?: string }>();
    if (task !== undefined && command.options.some(({ flags }) => flags === TASK_FLAGS))
      await useTask(task, userFolder());
    assertOutputFolder(command);
    assertLimits(command);
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.badInput;
    const failure = failureOf(error, valueOfOut(argv));
    report(error, failure, argv.includes('--verbose'));
    return exitCodeOf(error);
  }
}

if (import.meta.main) {
  guardTerminal();
  const outputs = watchOutputStreams(EXIT.badInput);
  const code = await main(process.argv.slice(2));
  process.exitCode = outputs.failed() ? EXIT.badInput : code;
}
