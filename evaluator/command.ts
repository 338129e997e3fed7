/** `brickyard eval`: closed-loop evaluation of policies. Each subfolder brings its own command. */
import { Command } from 'commander';
import { compareCommand } from './compare/command.ts';

/** The `eval` command. */
export function evalCommand(): Command {
  const command = new Command('eval').description('Closed-loop evaluation: how often does a policy succeed?');
  for (const child of [compareCommand()]) command.addCommand(child.copyInheritedSettings(command));
  return command;
}
