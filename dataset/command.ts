/** `brickyard dataset`: validate, info, merge, split, convert, preview. */
import { Command } from 'commander';
import { writeWholeFile } from '../runtime/disk.ts';
import { systemFault } from '../runtime/errno.ts';
import { pictureSize, wholeNumber } from '../runtime/option-value.ts';
import { assertReplaceable } from '../runtime/output-file.ts';
import { printableLine } from '../runtime/printable.ts';
import { userPath } from '../runtime/user-path.ts';
import { InputError, NegativeResult } from '../sim/errors.ts';
import { CHECK_NAMES, CHECKS, checkNames } from './checks/names.ts';
import { type GlobalOptions, printLine } from './command-line.ts';
import { CONTACT_SHEET_DEFAULTS, contactSheet } from './contact-sheet.ts';
import { summarizeDataset, summaryTable } from './dataset-summary.ts';
import { convertCommand, mergeCommand, splitCommand } from './edit-commands.ts';
import type { Finding } from './findings.ts';
import { PREVIEW_PAGE_DEFAULTS, previewPage } from './preview-page.ts';
import { DatasetReader } from './reader.ts';
import {
  VALIDATE_DEFAULTS,
  type ValidateOptions,
  type ValidationReport,
  validateDataset,
} from './validate.ts';

export function datasetCommand(): Command {
  return new Command('dataset')
    .description("Look into LeRobot v3.0 datasets, ours or anyone's.")
    .addCommand(validateCommand())
    .addCommand(infoCommand())
    .addCommand(mergeCommand())
    .addCommand(splitCommand())
    .addCommand(convertCommand())
    .addCommand(previewCommand());
}

function validateCommand(): Command {
  const { minEpisodes } = VALIDATE_DEFAULTS;
  return new Command('validate')
    .description('Check everything a training relies on. Exit code 1 when there is a fault.')
    .argument('<dir>', 'the folder with meta, data and videos')
    .option('--min-episodes <n>', 'fewer episodes are a fault', String(minEpisodes))
    .option('--expect-size <WxH>', 'any other size of the cameras is a fault, such as 320x240')
    .option('--deep', 'decode every frame as well')
    .option('--skip <checks>', 'checks to leave out, such as duplicates,size')
    .option('--only <checks>', 'leave out all others')
    .addHelpText('after', `\nChecks:\n${checkList()}`)
    .action(async (dir: string, raw: RawValidateOptions, command: Command) => {
      const { json } = command.optsWithGlobals<GlobalOptions>();
      const options = parseValidateOptions(raw);
      const reader = await DatasetReader.open(userPath(dir));
      const report = await validateDataset(reader, options);
      if (json) printLine(JSON.stringify(report));
      else printLine(reportText(report));
      if (!report.ok) throw new NegativeResult(`${dir} has ${countOf(report.faults.length, 'fault')}`);
    });
}

const checkList = (): string => CHECK_NAMES.map((name) => `  ${name.padEnd(18)}${CHECKS[name]}`).join('\n');

interface RawValidateOptions {
  skip?: string;
  only?: string;
  minEpisodes: string;
  expectSize?: string;
  deep?: boolean;
}

function parseValidateOptions({
  minEpisodes,
  expectSize,
  deep = false,
  skip,
  only,
}: RawValidateOptions): ValidateOptions {
  const least = wholeNumber('--min-episodes', minEpisodes, { min: 0 });
  const asked = only === undefined ? CHECK_NAMES : checkNames('--only', only);
  const dropped = skip === undefined ? [] : checkNames('--skip', skip);
  const leftOut = CHECK_NAMES.filter((name) => !asked.includes(name) || dropped.includes(name));
  const options: ValidateOptions = { minEpisodes: least, deep, skip: leftOut };
  if (expectSize === undefined) return options;
  return { ...options, expectSize: pictureSize('--expect-size', expectSize) };
}

/** For people; the same facts as the JSON. */
function reportText(report: ValidationReport): string {
  const lines = [
    ...report.faults.map((finding) => `fault    ${findingText(finding)}`),
    ...report.warnings.map((finding) => `warning  ${findingText(finding)}`),
    ...report.skipped.map(({ check, reason }) => `skipped  ${check}: ${reason}`),
  ];
  const verdict = report.ok ? 'valid' : 'not valid';
  const { episodes, frames, faults, warnings } = report;
  lines.push(
    `${verdict}: ${countOf(episodes, 'episode')}, ${countOf(frames, 'frame')}, ${countOf(faults.length, 'fault')}, ${countOf(warnings.length, 'warning')}`,
  );
  return lines.join('\n');
}

function findingText({ episode, check, message }: Finding): string {
  const line = printableLine(message);
  return episode === null ? `${check}: ${line}` : `${check}: episode ${episode}: ${line}`;
}

function infoCommand(): Command {
  return new Command('info')
    .description('Episodes, frames, size, ranges of every feature, episodes by scenario and source.')
    .argument('<dir>', 'the folder with meta, data and videos')
    .action(async (dir: string, _options: unknown, command: Command) => {
      const { json } = command.optsWithGlobals<GlobalOptions>();
      const reader = await DatasetReader.open(userPath(dir));
      const summary = await readOrRefuse(dir, () => summarizeDataset(reader));
      printLine(json ? JSON.stringify(summary) : summaryTable(summary));
    });
}

export const PREVIEW_DEFAULTS = { out: 'sheet.png', episodes: CONTACT_SHEET_DEFAULTS.episodes } as const;

function previewCommand(): Command {
  return new Command('preview')
    .description(
      'Episodes spread over the dataset: a PNG with a row of frames each, or a page (.html) with plots as well.',
    )
    .argument('<dir>', 'the folder with meta, data and videos')
    .option('--out <file>', 'the file to write, .png or .html', PREVIEW_DEFAULTS.out)
    .option('--force', 'replace --out even if it was not made here')
    .option('--episodes <n>', 'rows', String(PREVIEW_DEFAULTS.episodes))
    .action(
      async (dir: string, raw: { out: string; episodes: string; force?: boolean }, command: Command) => {
        const { json, quiet } = command.optsWithGlobals<GlobalOptions>();
        const episodes = wholeNumber('--episodes', raw.episodes, { min: 1, max: MAX_SHEET_ROWS });
        const out = userPath(raw.out);
        const isPage = /\.html?$/i.test(out);
        if (!isPage && !/\.png$/i.test(out))
          throw new InputError(`--out must end in .png or .html, got "${raw.out}"`);
        assertReplaceable(out, { force: raw.force });
        const reader = await DatasetReader.open(userPath(dir));
        const file = await readOrRefuse<Uint8Array | string>(dir, () =>
          isPage
            ? previewPage(reader, { ...PREVIEW_PAGE_DEFAULTS, episodes })
            : contactSheet(reader, { ...CONTACT_SHEET_DEFAULTS, episodes }),
        );
        assertReplaceable(out, { force: raw.force });
        writeWholeFile(out, file);
        if (json) printLine(JSON.stringify({ out }));
        else if (!quiet) printLine(out);
      },
    );
}

/** More rows than this make a picture that viewers refuse. */
const MAX_SHEET_ROWS = 100;

/** A dataset too broken to look into is for `validate` to explain. */
async function readOrRefuse<T>(dir: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof InputError || systemFault(error)) throw error;
    throw new NegativeResult(
      `${dir}: ${(error as Error).message}; \`brickyard dataset validate ${dir}\` lists all faults`,
    );
  }
}

const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
