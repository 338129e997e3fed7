/** `train resume|status|logs|stop|cleanup`: what can be done about a run that trains elsewhere. */
import { Command } from 'commander';
import { boundedNumber, wholeNumber } from '../../../runtime/option-value.ts';
import { userFolder } from '../../../runtime/user-path.ts';
import { InputError, orFault, throwFaults } from '../../../sim/errors.ts';
import { readStatus } from '../supervisor/journal.ts';
import { cleanUp } from './clean-up.ts';
import { remoteRuns, runFolder, runsFolder } from './run-id.ts';
import { showLog } from './run-log.ts';
import { statusText } from './status-text.ts';
import { stopRun } from './stop-run.ts';
import { supervisorOf } from './supervisor-process.ts';
import { type ResumePorts, reportRemoteRun, resumeRemotely, withSecrets } from './train-remotely.ts';

interface GlobalOptions {
  json?: boolean;
  quiet?: boolean;
  settings?: string;
  envFile?: string;
}

export function runCommands(ports: ResumePorts): Command[] {
  return [resumeCommand(ports), statusCommand(), logsCommand(), stopCommand(ports), cleanupCommand()];
}

/** `train`'s own options reach these too, as long as they are named there. */
const globals = <T extends GlobalOptions>(command: Command): T => command.optsWithGlobals<T>();

function resumeCommand(ports: ResumePorts): Command {
  return new Command('resume')
    .description(
      'Go on with a run on another machine: after this command was killed, or with more --max-hours or --max-cost after it ended.',
    )
    .argument('[run]', 'its id or the beginning of it, its folder, or its URL: --out and the id')
    .option(
      '--volume <id>',
      'verda: boot from the OS volume that a machine left behind, in its location; auto finds it. The furthest step of volume and storage wins',
    )
    .action(async (run: string | undefined, _options, command: Command) => {
      const options = globals<GlobalOptions & { volume?: string; maxHours?: string; maxCost?: string }>(
        command,
      );
      const faults: string[] = [];
      const number = (name: string, text: string | undefined): number | undefined =>
        text === undefined ? undefined : orFault(faults, () => boundedNumber(name, text, { above: 0 }));
      const maxHours = number('--max-hours', options.maxHours);
      const maxCost = number('--max-cost', options.maxCost);
      throwFaults('train resume', faults);
      const asked = { ...options, maxHours, maxCost };
      reportRemoteRun(await resumeRemotely(run ?? newestRun(), asked, ports), options.json);
    });
}

function statusCommand(): Command {
  return new Command('status')
    .description('What a run on another machine is doing, what it costs, and who looks after it.')
    .argument('[run]', 'id, the beginning of it, or folder (default: the newest)')
    .action((run: string | undefined, _options, command: Command) => {
      const folder = runFolder(run ?? newestRun(), runsFolder(), userFolder());
      const status = readStatus(folder);
      if (status === null)
        throw new InputError(
          `${folder} has no state, or a damaged one; \`brickyard train resume\` continues the run and writes it`,
        );
      const supervisor = supervisorOf(folder);
      if (globals(command).json)
        process.stdout.write(`${JSON.stringify({ ...status, supervisor_pid: supervisor?.pid ?? null })}\n`);
      else
        process.stdout.write(
          `${statusText(status, { nowMs: Date.now(), supervisor: supervisor?.text ?? null })}\n`,
        );
    });
}

function logsCommand(): Command {
  return new Command('logs')
    .description("The trainer's log, from the machine while there is one, else as it was brought home.")
    .argument('[run]', 'id, the beginning of it, or folder (default: the newest)')
    .option('--follow', 'go on as it grows, until Ctrl-C')
    .option('--lines <n>', 'only the last so many', '200')
    .action(
      async (run: string | undefined, options: { follow?: boolean; lines: string }, command: Command) => {
        const lines = wholeNumber('--lines', options.lines, { min: 1 });
        const folder = runFolder(run ?? newestRun(), runsFolder(), userFolder());
        await withSecrets(globals(command), (context) =>
          showLog(folder, { lines, follow: options.follow ?? false }, context),
        );
      },
    );
}

function stopCommand(ports: ResumePorts): Command {
  return new Command('stop')
    .description('End a run in order: a checkpoint, its upload, the machine. Waits until that is done.')
    .argument('[run]', 'id, the beginning of it, or folder (default: the newest)')
    .action(async (run: string | undefined, _options, command: Command) => {
      const folder = runFolder(run ?? newestRun(), runsFolder(), userFolder());
      const say = (text: string): void => void process.stderr.write(`${text}\n`);
      const options = globals(command);
      await stopRun(folder, say, async () =>
        reportRemoteRun(await resumeRemotely(folder, { ...options, stopNow: true }, ports), options.json),
      );
    });
}

function cleanupCommand(): Command {
  return new Command('cleanup')
    .description('End every machine that runs made and nobody looks after, found by label at the provider.')
    .option('--all', 'also those of runs that other machines may look after')
    .option('--dry-run', 'only name them')
    .action(async (_options, command: Command) => {
      const options = globals<GlobalOptions & { all?: boolean; dryRun?: boolean }>(command);
      await withSecrets(options, (context) => cleanUp(options, context));
    });
}

/** @throws InputError when there is none */
function newestRun(): string {
  const newest = remoteRuns(runsFolder()).at(-1);
  if (newest !== undefined) return newest;
  throw new InputError(
    `${runsFolder()} has no run on another machine; train --provider ssh|gcp|verda begins one`,
  );
}
