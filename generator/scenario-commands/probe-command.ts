/** `brickyard scenario probe`: the expert's success before a dataset is made of it. */
import { Command } from 'commander';
import { wholeNumber } from '../../runtime/option-value.ts';
import { userFolder } from '../../runtime/user-path.ts';
import {
  PROBE_DEFAULTS,
  PROBE_HEADER,
  probeLines,
  probeStart,
  summarizeProbe,
} from '../../scenarios/probe.ts';
import { resolveSelection } from '../../scenarios/registry.ts';
import { throwFaults } from '../../sim/errors.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';

/** The `probe` part of `scenario`. */
export function probeCommand(): Command {
  const d = PROBE_DEFAULTS;
  return new Command('probe')
    .description(
      'Let the expert try starts of scenarios, without pictures: how often it succeeds, where it fails.',
    )
    .argument('[scenarios]', 'names, tags, files or all, as for gen --scenarios', 'all')
    .option('--attempts <n>', 'starts of each scenario, 1 to 10000', `${d.attempts}`)
    .option(
      '--opinions <n>',
      'other ways of driving that a failed start is tried with, 0 to 100',
      `${d.opinions}`,
    )
    .option('--seed <n>', 'other starts for another seed', `${d.seed}`)
    .action(async (spec: string, _options, command: Command) => {
      const options = command.optsWithGlobals<
        Record<'attempts' | 'opinions' | 'seed', string> & { json?: boolean }
      >();
      const faults: string[] = [];
      const attempts = wholeNumber('--attempts', options.attempts, { min: 1, max: 10_000 }, faults);
      const opinions = wholeNumber('--opinions', options.opinions, { min: 0, max: 100 }, faults);
      const seed = wholeNumber('--seed', options.seed, { min: 0, max: 2 ** 31 - 1 }, faults);
      throwFaults('scenario probe', faults);
      const selection = resolveSelection(spec, userFolder());
      await loadTask(selection[0].scenario.task_name);
      const say = (text: string): void =>
        void (options.json ? process.stderr : process.stdout).write(`${text}\n`);
      say(PROBE_HEADER);
      const summaries = selection.map(({ scenario }) => {
        const starts = Array.from({ length: attempts }, (_, slot) =>
          probeStart(scenario, seed, slot, opinions),
        );
        const summary = summarizeProbe(scenario.name, starts);
        for (const line of probeLines(summary, opinions)) say(line);
        return summary;
      });
      const total = summaries.reduce((sum, { attempts: n }) => sum + n, 0);
      const good = summaries.reduce((sum, { successes }) => sum + successes, 0);
      say(`all: ${good} of ${total} (${((100 * good) / total).toFixed(2)} %)`);
      if (options.json)
        process.stdout.write(
          `${JSON.stringify({ attempts: total, successes: good, scenarios: summaries })}\n`,
        );
    });
}
