/** What the dataset commands share: how they print, and how they tell that a dataset is broken. */
import type { Command } from 'commander';
import { systemFault } from '../runtime/errno.ts';
import { InputError, NegativeResult } from '../sim/errors.ts';

export interface GlobalOptions {
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
}

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The command as typed, for the metadata of what it makes. */
export function commandLine(name: string, command: Command): string {
  const given = command.options
    .map((option) => option.attributeName())
    .filter((key) => command.getOptionValueSource(key) === 'cli' && key !== 'out');
  const options = given.map((key) => `--${key} ${command.getOptionValue(key)}`);
  return ['brickyard dataset', name, ...command.args, ...options].join(' ');
}

/** Runs what reads datasets; one too broken to look into is for `validate` to explain. */
export async function brokenDataset<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof InputError || error instanceof NegativeResult || systemFault(error)) throw error;
    if (error instanceof Error && error.constructor === Error) {
      throw new NegativeResult(`${error.message}; \`brickyard dataset validate DIR\` lists all faults`);
    }
    throw error;
  }
}
