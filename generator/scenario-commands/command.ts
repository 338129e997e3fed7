/** `brickyard scenario`: list, check, begin and look at scenario files. */
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { writeWholeFile } from '../../runtime/disk.ts';
import { wholeNumber } from '../../runtime/option-value.ts';
import { assertReplaceable } from '../../runtime/output-file.ts';
import { userFolder, userPath } from '../../runtime/user-path.ts';
import {
  isScenarioPath,
  listScenarios,
  loadScenario,
  namedScenario,
  scenarioHash,
} from '../../scenarios/catalogue.ts';
import { scenarioTable } from '../../scenarios/list-table.ts';
import { countRange } from '../../scenarios/sampler.ts';
import type { Scenario } from '../../scenarios/schema.ts';
import { scenariosOfTask, selectedTask } from '../../scenarios/tasks.ts';
import { scenarioTemplate } from '../../scenarios/template.ts';
import { TRIAL_DRAWS } from '../../scenarios/trial-draws.ts';
import { NAME_PATTERN } from '../../sim/engine/task-registry.ts';
import { InputError, orFault, throwFaults } from '../../sim/errors.ts';
import { probeCommand } from './probe-command.ts';

export const PREVIEW_DEFAULTS = { count: 6, seed: 0, out: 'preview.png' } as const;

interface GlobalOptions {
  json?: boolean;
  quiet?: boolean;
}

/** The `scenario` command with its parts. */
export function scenarioCommand(): Command {
  return new Command('scenario')
    .description('List, check, write, preview and probe scenarios.')
    .addCommand(listCommand())
    .addCommand(validateCommand())
    .addCommand(newCommand())
    .addCommand(previewCommand())
    .addCommand(probeCommand());
}

function listCommand(): Command {
  return new Command('list')
    .description('The built-in scenarios: names, tags, sizes, time limits.')
    .action((_options, command: Command) => {
      const { json } = command.optsWithGlobals<GlobalOptions>();
      const scenarios = listScenarios();
      if (json) printJson({ scenarios: scenarios.map(({ name, tags }) => ({ name, tags })) });
      else print(scenarioTable(scenarios));
    });
}

function validateCommand(): Command {
  return new Command('validate')
    .description(
      `Check scenario files: keys, values, and room for all by drawing ${TRIAL_DRAWS} starts of each.`,
    )
    .argument('<file...>', 'YAML files')
    .action((files: string[], _options, command: Command) => {
      const { json } = command.optsWithGlobals<GlobalOptions>();
      const results = files.map(validateFile);
      const faults = results.flatMap(({ fault }) => (fault === null ? [] : [fault]));
      for (const { file, scenario } of results) if (scenario && !json) print(validLine(file, scenario));
      if (json)
        printJson({
          ok: faults.length === 0,
          files: results.map(({ file, scenario, fault }) => ({
            file,
            name: scenario?.name ?? null,
            hash: scenario ? scenarioHash(scenario) : null,
            fault,
          })),
        });
      if (faults.length > 0) throw new InputError(faults.join('\n'));
    });
}

function validateFile(file: string): { file: string; scenario: Scenario | null; fault: string | null } {
  try {
    // A bare word here is a file without an ending, never the name of a built-in scenario.
    const path = isScenarioPath(file) ? file : `./${file}`;
    return { file, scenario: loadScenario(path, userFolder()), fault: null };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { file, scenario: null, fault: error.message };
  }
}

function validLine(file: string, scenario: Scenario): string {
  const [least, most] = countRange(scenario);
  const count = least === most ? `${most}` : `${least} to ${most}`;
  const { thing } = scenariosOfTask(scenario.task_name);
  return (
    `${file}: scenario ${scenario.name} is valid: every key and value checked, ${TRIAL_DRAWS} starts drawn ` +
    `with room for all (${thing.many}: ${count}); hash ${scenarioHash(scenario).slice(0, 12)}`
  );
}

function newCommand(): Command {
  return new Command('new')
    .description('Write a commented scenario file to begin from.')
    .argument('<name>', 'name of the new scenario: lower-case letters, digits and dashes')
    .option('--from <scenario>', 'the scenario of the task that it starts as (default: its simplest)')
    .option('--out <file>', 'where it goes (default: NAME.yaml)')
    .action((name: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { from?: string; out?: string }>();
      const from = options.from ?? scenariosOfTask(selectedTask()).template.from;
      const out = options.out ?? `${name}.yaml`;
      const path = userPath(out);
      throwFaults('scenario new', newFaults(name, from, out, path));
      writeWholeFile(path, scenarioTemplate(name, namedScenario(from)!, path));
      if (options.json) printJson({ name, from, file: path });
      else if (!options.quiet)
        print(`${out} written; look at it with: brickyard scenario preview ${shownPath(out)}`);
    });
}

function newFaults(name: string, from: string, out: string, path: string): string[] {
  const faults: string[] = [];
  const names = listScenarios().map((scenario) => scenario.name);
  if (!NAME_PATTERN.test(name))
    faults.push(`the name "${name}" must be lower-case letters, digits and dashes, at most 64`);
  else if (names.includes(name)) faults.push(`the name "${name}" is a built-in scenario's; choose another`);
  if (!names.includes(from))
    faults.push(`--from "${from}" is no built-in scenario; there are ${names.join(', ')}`);
  if (!/\.ya?ml$/.test(out)) faults.push(`--out ${out} must end in .yaml`);
  if (existsSync(path)) faults.push(`${out} exists already and is not overwritten; choose another --out`);
  else orFault(faults, () => assertReplaceable(path));
  return faults;
}

/** A file in the user's folder is told from a scenario's name by its ending alone. */
function shownPath(path: string): string {
  return /\s/.test(path) ? `"${path}"` : path;
}

function previewCommand(): Command {
  const d = PREVIEW_DEFAULTS;
  return new Command('preview')
    .description('Draw starts of a scenario: each from above and through the robot’s camera, in one PNG.')
    .argument('<scenario>', 'a name or a YAML file')
    .option('--count <n>', 'how many starts, 1 to 24', `${d.count}`)
    .option('--seed <n>', 'other starts for another seed', `${d.seed}`)
    .option('--out <file>', 'where the picture goes', d.out)
    .option('--force', 'replace --out even if it was not made here')
    .action(async (nameOrPath: string, _options, command: Command) => {
      type PreviewOptions = GlobalOptions & { count: string; seed: string; out: string; force?: boolean };
      const options = command.optsWithGlobals<PreviewOptions>();
      const faults: string[] = [];
      const count = wholeNumber('--count', options.count, { min: 1, max: 24 }, faults);
      const seed = wholeNumber('--seed', options.seed, { min: 0, max: 2 ** 32 - 1 }, faults);
      if (!/\.png$/i.test(options.out)) faults.push(`--out ${options.out} must end in .png`);
      const path = userPath(options.out);
      orFault(faults, () => assertReplaceable(path, { force: options.force }));
      throwFaults('scenario preview', faults);
      const scenario = loadScenario(nameOrPath, userFolder());
      // Only here, so that the other parts need neither browser nor bundler.
      const { previewPicture } = await import('./preview.ts');
      const picture = await previewPicture(scenario, { count, seed });
      assertReplaceable(path, { force: options.force });
      writeWholeFile(path, picture);
      if (options.json) printJson({ scenario: scenario.name, count, seed, picture: path });
      else if (!options.quiet) print(`${options.out} written: ${count} starts of ${scenario.name}`);
    });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function printJson(value: object): void {
  print(JSON.stringify(value));
}
