/** `brickyard eval`: closed-loop evaluation of policies. Each subfolder brings its own command. */
import { Command } from 'commander';
import { compareCommand } from './compare/command.ts';
import { regressionCommand } from './regression/command.ts';
import { reportCommand } from './report/command.ts';
import { rolloutCommand } from './rollout/command.ts';
import { sweepCommand } from './sweep/command.ts';

/** The `eval` command. */
export function evalCommand(): Command {
  const command = new Command('eval').description('Closed-loop evaluation: how often does a policy succeed?');
  for (const child of [
    rolloutCommand(),
    compareCommand(),
    regressionCommand(),
    sweepCommand(),
    reportCommand(),
  ])
    command.addCommand(child.copyInheritedSettings(command));
  return command;
}
