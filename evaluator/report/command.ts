/** `brickyard eval report`: makes the page of a folder of rollouts. */
import { Command } from 'commander';
import { wholeNumber } from '../../runtime/option-value.ts';
import { userPath } from '../../runtime/user-path.ts';
import { MOST_VIDEOS, REPORT_DEFAULTS, REPORT_FILE, writeReport } from './write-report.ts';

interface Options {
  videos?: string;
  out?: string;
  force?: boolean;
  json?: boolean;
  quiet?: boolean;
}

const EXAMPLES = `
Examples:
  brickyard eval report rollouts/first-standard
  brickyard eval report rollouts/first-standard --videos 20 --out first.html`;

/** The `eval report` command. */
export function reportCommand(): Command {
  return new Command('report')
    .description('Write one self-contained HTML page about rollouts: rates, failures, places, videos.')
    .argument('<folder>', 'a folder that `brickyard eval rollout` wrote')
    .option(
      '--videos <n>',
      `episodes shown in full with a video, 0 to ${MOST_VIDEOS} (default: ${REPORT_DEFAULTS.videos})`,
    )
    .option('--out <file>', `where the page goes (default: FOLDER/${REPORT_FILE})`)
    .option('--force', 'replace --out even if it was not made here')
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string, _options, command: Command) =>
      report(folder, command.optsWithGlobals<Options>()),
    );
}

async function report(folder: string, options: Options): Promise<void> {
  const videos =
    options.videos === undefined
      ? REPORT_DEFAULTS.videos
      : wholeNumber('--videos', options.videos, { min: 0, max: MOST_VIDEOS });
  const out = options.out === undefined ? undefined : userPath(options.out);
  const written = await writeReport(userPath(folder), { videos, out, force: options.force });
  if (!options.quiet) {
    const mebibytes = (written.bytes / 2 ** 20).toFixed(1);
    process.stderr.write(
      `${written.path}: ${written.videos} videos, ${mebibytes} MiB${written.note ? `. ${written.note}` : ''}\n`,
    );
  }
  if (options.json) process.stdout.write(`${JSON.stringify(written)}\n`);
}
