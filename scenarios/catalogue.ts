/** Scenarios by name: the files beside this one, and the user's own by their paths. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InputError } from '../sim/errors.ts';
import { suggestion } from './nearest.ts';
import { readScenarioFile } from './scenario-file.ts';
import type { Scenario } from './schema.ts';
import { trialFault } from './trial-draws.ts';

const BUILT_IN_FOLDER = import.meta.dirname;
let builtIn: ReadonlyMap<string, Scenario> | null = null;

/** All built-in scenarios, by name in alphabetical order. */
export function listScenarios(): Scenario[] {
  return [...builtInScenarios().values()];
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
  const scenario = builtInScenarios().get(nameOrPath);
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
  const names = [...builtInScenarios().keys()];
  return (
    `scenario "${name}" is not known${suggestion(name, [...names, ...tags]) || ';'} ` +
    `there are ${names.join(', ')}, and a path to a file of your own (.yaml) works too`
  );
}

/** SHA-256 in hex of the scenario with its defaults filled in, whatever the order of its keys. */
export function scenarioHash(scenario: Scenario): string {
  return createHash('sha256').update(canonicalJson(scenario)).digest('hex');
}

function builtInScenarios(): ReadonlyMap<string, Scenario> {
  if (builtIn === null) {
    const files = readdirSync(BUILT_IN_FOLDER).filter((name) => name.endsWith('.yaml'));
    builtIn = new Map(
      files.sort().map((file) => [file.slice(0, -5), readScenarioFile(join(BUILT_IN_FOLDER, file))]),
    );
  }
  return builtIn;
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
