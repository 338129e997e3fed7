/** `brickyard doctor`: what this machine can do, how long a run will take, and what to do about what is missing. */
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { chooseBackend } from '../sim/host/backend-probe.ts';
import { userFolder } from '../sim/host/user-path.ts';
import { takeInventory } from './doctor/inventory.ts';
import { describeMachine } from './doctor/machine.ts';
import { doctorText, type Findings, FORECAST_EPISODES, summarize } from './doctor/report.ts';
import { type DrySummary, dryRun } from './dry-run.ts';
import { prepareRun } from './prepare.ts';
import { parseGenOptions } from './settings.ts';

interface DoctorOptions {
  json?: boolean;
  quiet?: boolean;
}

/** The `doctor` command. Exit code 0 when `gen` can run here, 1 when something it needs is missing. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('What is installed, what draws and how fast, and how long 1,000 episodes will take here.')
    .action(async (_options, command: Command) => diagnose(command.optsWithGlobals<DoctorOptions>()));
}

async function diagnose({ json, quiet }: DoctorOptions): Promise<void> {
  const say = (text: string): void => void (quiet || process.stderr.write(`${text}\n`));
  say('looking around, drawing and simulating a little (about 15 s)');
  const findings = await examine();
  const summary = summarize(findings);
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else process.stdout.write(`${doctorText(findings)}\n`);
  process.exitCode = summary.ok ? 0 : 1;
}

async function examine(): Promise<Findings> {
  const components = await takeInventory();
  const machine = describeMachine(userFolder());
  try {
    const backend = await chooseBackend();
    return { components, machine, backend, forecast: await forecast() };
  } catch (error) {
    return { components, machine, backend: { error: (error as Error).message }, forecast: undefined };
  }
}

/** What a run with the defaults would take; nothing is written. Undefined when no start tried was solved. */
async function forecast(): Promise<DrySummary['estimate'] | undefined> {
  const cores = availableParallelism();
  const given = { episodes: String(FORECAST_EPISODES) };
  const parsed = parseGenOptions(given, { cores, scenarioCount: () => 0 });
  const prepared = await prepareRun({
    parsed,
    given,
    cwd: userFolder(),
    out: join(tmpdir(), `brickyard-doctor-${process.pid}`),
    append: false,
    resume: false,
    command: 'brickyard doctor',
  });
  if (prepared.kind !== 'run') throw new Error('the forecast found a dataset where there is none');
  const { backend, workers } = parsed;
  const { estimate } = await dryRun(prepared.run, { workers, backend, say: () => {} });
  return estimate.frames > 0 ? estimate : undefined;
}
