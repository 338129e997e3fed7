/** `brickyard doctor`: what this machine can do, how long a run will take, and what to do about what is missing. */
import { Command } from 'commander';
import { doctorText, summarize } from './doctor/report.ts';

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
  const { examine } = await import('./doctor/examine.ts'); // brings the browser's library: 0.2 s for other commands
  const findings = await examine();
  const summary = summarize(findings);
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else process.stdout.write(`${doctorText(findings)}\n`);
  process.exitCode = summary.ok ? 0 : 1;
}
