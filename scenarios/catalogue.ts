/** Scenarios by name: the files of each task, and the user's own by their paths. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DEFAULT_TASK } from '../sim/engine/task-registry.ts';
import { InputError } from '../sim/errors.ts';
import { suggestion } from './nearest.ts';
import { readScenarioFile } from './scenario-file.ts';
import type { Scenario } from './schema.ts';
import { scenarioFolder, selectedTask, taskNames } from './tasks.ts';
import { trialFault } from './trial-draws.ts';

const read = new Map<string, ReadonlyMap<string, Scenario>>();

/** All scenarios that come with the selected task, by name in alphabetical order. */
export function listScenarios(): Scenario[] {
  return [...scenariosOf(selectedTask()).values()];
}

/** The file of a scenario that comes with a task. */
export const scenarioPath = ({ name, task_name }: Pick<Scenario, 'name' | 'task_name'>): string =>
  join(scenarioFolder(task_name ?? DEFAULT_TASK), `${name}.yaml`);

/** A scenario of the selected task, or of another one, by its name. */
export function namedScenario(name: string): Scenario | undefined {
  const tasks = [selectedTask(), ...taskNames().filter((task) => task !== selectedTask())];
  return tasks.map((task) => scenariosOf(task).get(name)).find((scenario) => scenario !== undefined);
}

/** Whether the text is meant as a path to a file and not as a name. */
export function isScenarioPath(text: string): boolean {
  return /[/\\]|\.ya?ml$/i.test(text);
}

/**
 * The scenario of that name, or of the file at that path (relative to `cwd`).
 * @throws InputError for an unknown name, with the nearest known one and the list; for a file with faults or
 * without room for what it asks.
 */
export function loadScenario(nameOrPath: string, cwd: string): Scenario {
  if (isScenarioPath(nameOrPath)) return loadUserFile(resolve(cwd, nameOrPath), nameOrPath);
  const scenario = namedScenario(nameOrPath);
  if (scenario) return scenario;
  throw new InputError(unknownScenario(nameOrPath));
}

/** A file of the user's own is tried out at once: no run shall begin with a scenario that has no room. */
function loadUserFile(path: string, shownAs: string): Scenario {
  const scenario = readScenarioFile(path, shownAs);
  const fault = trialFault(scenario);
  if (fault !== null) throw new InputError(`scenario file ${shownAs}: ${fault}`);
  return scenario;
}

/** One sentence for a name that is neither a scenario nor, where those count, a tag. */
export function unknownScenario(name: string, tags: readonly string[] = []): string {
  const names = [...scenariosOf(selectedTask()).keys()];
  return (
    `scenario "${name}" is not known${suggestion(name, [...names, ...tags]) || ';'} ` +
    `there are ${names.join(', ')}, and a path to a file of your own (.yaml) works too`
  );
}

/** SHA-256 in hex of the scenario with its defaults filled in, whatever the order of its keys. */
export function scenarioHash(scenario: Scenario): string {
  return createHash('sha256').update(canonicalJson(scenario)).digest('hex');
}

function scenariosOf(task: string): ReadonlyMap<string, Scenario> {
  let scenarios = read.get(task);
  if (!scenarios) {
    scenarios = readFolder(scenarioFolder(task));
    read.set(task, scenarios);
  }
  return scenarios;
}

function readFolder(folder: string): ReadonlyMap<string, Scenario> {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.yaml')) : [];
  return new Map(files.sort().map((file) => [file.slice(0, -5), readScenarioFile(join(folder, file))]));
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
