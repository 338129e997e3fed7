/** `brickyard dataset merge`, `split` and `convert`. */
import { Command, Option } from 'commander';
import { readNumber } from '../runtime/option-value.ts';
import { userPath } from '../runtime/user-path.ts';
import { InputError } from '../sim/errors.ts';
import { brokenDataset, commandLine, type GlobalOptions, printLine } from './command-line.ts';
import { convertToLerobot } from './hdf5/from-hdf5.ts';
import { CONVERT_DEFAULTS, convertToHdf5 } from './hdf5/to-hdf5.ts';
import { printLosses } from './losses.ts';
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
      printLosses(result.losses);
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
      printLosses(parts[0].losses);
      if (json) printLine(JSON.stringify({ out, parts }));
      else if (!quiet) {
        for (const { name, episodes, frames } of parts)
          printLine(`${name}: ${episodes} episodes, ${frames} frames`);
      }
    });
}

interface RawConvertOptions {
  to: 'hdf5' | 'lerobot';
  out: string;
  compression: string;
  fps?: string;
  task?: string;
}

export function convertCommand(): Command {
  return new Command('convert')
    .description(
      "From LeRobot to HDF5 in ACT's layout, a file an episode, or back; from robomimic's as well.",
    )
    .argument('<dir>', 'a LeRobot dataset, a folder of episode_0.hdf5, episode_1.hdf5 …, or a robomimic file')
    .addOption(new Option('--to <format>', 'what to make').choices(['hdf5', 'lerobot']).makeOptionMandatory())
    .requiredOption('--out <dir>', 'the new folder')
    .option('--compression <n>', 'gzip level of HDF5 pictures, 0 to 9', String(CONVERT_DEFAULTS.compression))
    .option('--fps <n>', 'for HDF5 files that do not say it')
    .option('--task <text>', 'for HDF5 files that do not say it')
    .action(async (dir: string, raw: RawConvertOptions, command: Command) => {
      const { json, quiet } = command.optsWithGlobals<GlobalOptions>();
      const [root, out] = [userPath(dir), userPath(raw.out)];
      const asked = { root, out, command: commandLine('convert', command) };
      const isLevel = (n: number): boolean => Number.isInteger(n) && n >= 0 && n <= 9;
      const [compression] = numbers('--compression', raw.compression, isLevel);
      const fps = raw.fps === undefined ? undefined : numbers('--fps', raw.fps, (n) => n > 0)[0];
      const result = await brokenDataset(() =>
        raw.to === 'hdf5'
          ? convertToHdf5({ ...asked, compression })
          : convertToLerobot({ ...asked, fps, task: raw.task }),
      );
      printLosses(result.losses);
      if (json) printLine(JSON.stringify({ out, ...result }));
      else if (!quiet) printLine(`${out}: ${result.episodes} episodes, ${result.frames} frames`);
    });
}

function numbers(option: string, text: string, isAllowed: (value: number) => boolean): number[] {
  const values = text.split(',').map((part) => readNumber(part, { exponent: true }));
  if (values.every((value) => Number.isFinite(value) && isAllowed(value))) return values;
  throw new InputError(`${option} must be numbers in range, with commas between several, got "${text}"`);
}
