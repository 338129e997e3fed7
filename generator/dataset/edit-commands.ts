/** `brickyard dataset merge` and `split`. */
import { Command, Option } from 'commander';
import { InputError } from '../../sim/errors.ts';
import { userPath } from '../../sim/host/user-path.ts';
import { brokenDataset, commandLine, type GlobalOptions, printLine } from './command-line.ts';
import { mergeDatasets } from './merge.ts';
import { SPLIT_BY, type SplitBy, splitDataset } from './split.ts';

export function mergeCommand(): Command {
  return new Command('merge')
    .description('Several datasets as one; nothing is coded again.')
    .argument('<dirs...>', "datasets with the same features and frame rate, ours or anyone's")
    .requiredOption('--out <dir>', 'the new dataset')
    .option('--weights <list>', 'how much each counts in training, such as 3,2,1; kept in metadata.json')
    .action(async (dirs: string[], raw: { out: string; weights?: string }, command: Command) => {
      const { json, quiet } = command.optsWithGlobals<GlobalOptions>();
      if (dirs.length < 2) throw new InputError('merge needs at least two datasets');
      const out = userPath(raw.out);
      const weights = raw.weights === undefined ? undefined : numbers('--weights', raw.weights, (w) => w > 0);
      const roots = dirs.map(userPath);
      const options = { roots, out, weights, command: commandLine('merge', command) };
      const result = await brokenDataset(() => mergeDatasets(options));
      if (json) printLine(JSON.stringify({ dataset: out, ...result }));
      else if (!quiet) printLine(`${out}: ${result.episodes} episodes, ${result.frames} frames`);
    });
}

interface RawSplitOptions {
  by: SplitBy;
  out: string;
  at?: string;
  share?: string;
}

export function splitCommand(): Command {
  return new Command('split')
    .description('One dataset as several, each a folder below --out; nothing is coded again.')
    .argument('<dir>', 'the folder with meta, data and videos')
    .addOption(new Option('--by <what>', 'what tells the parts apart').choices(SPLIT_BY))
    .requiredOption('--out <dir>', 'the folder of the new datasets')
    .option('--at <frames>', 'for --by length: lengths at which a part begins, such as 200,400')
    .option('--share <x>', 'a share of the episodes, drawn by --seed, as train, the others as held-out')
    .option('--seed <n>', 'for --share', '0')
    .action(async (dir: string, raw: RawSplitOptions & { seed: string }, command: Command) => {
      const { json, quiet } = command.optsWithGlobals<GlobalOptions>();
      const by = raw.by ?? (raw.share === undefined ? undefined : 'share');
      if (!by) throw new InputError(`give --by ${SPLIT_BY.slice(0, 4).join('|')}, or --share`);
      const out = userPath(raw.out);
      const parts = await brokenDataset(() =>
        splitDataset({
          ...{ root: userPath(dir), out, by, seed: numbers('--seed', raw.seed, (n) => n >= 0)[0] },
          at: raw.at === undefined ? undefined : numbers('--at', raw.at, (n) => n > 0),
          share: raw.share === undefined ? undefined : numbers('--share', raw.share, (n) => n > 0)[0],
          command: commandLine('split', command),
        }),
      );
      if (json) printLine(JSON.stringify({ out, parts }));
      else if (!quiet) {
        for (const { name, episodes, frames } of parts)
          printLine(`${name}: ${episodes} episodes, ${frames} frames`);
      }
    });
}

function numbers(option: string, text: string, isAllowed: (value: number) => boolean): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (values.every((value) => Number.isFinite(value) && isAllowed(value))) return values;
  throw new InputError(`${option} must be positive numbers with commas between them, got "${text}"`);
}
