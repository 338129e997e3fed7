/** Suites: files that name scenarios and how often each is tried. Those of a task lie in `suites` beside its scenarios. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { InputError, throwFaults } from '../../sim/errors.ts';
import { suggestion } from '../nearest.ts';
import { apportion } from '../plan.ts';
import { listScenarios, resolveSelection, type SelectedScenario } from '../registry.ts';
import { readPlainText } from '../scenario-file.ts';
import type { Scenario } from '../schema.ts';
import { scenarioFolder, selectedTask } from '../tasks.ts';
import { readYaml } from '../yaml-document.ts';
import { type ConditionSet, drawConditions } from './conditions.ts';

/** Starts that one evaluation may have. */
export const MAX_CONDITIONS = 100_000;

export const SUITE_BOUNDS = { episodes: 10_000, seed: 2 ** 31 - 1 } as const;

const suiteSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'must be lower-case letters, digits and hyphens'),
  description: z.string().min(1).max(300),
  /** Every start follows from it; `--seed` draws a fresh instance of the suite. */
  seed: z.number().int().min(0).max(SUITE_BOUNDS.seed),
  conditions: z
    .array(
      z.strictObject({
        /** `all`, or names, tags and paths as `--scenarios` takes them; paths are relative to the suite's file. */
        scenarios: z.union([z.literal('all'), z.array(z.string().min(1)).min(1)]),
        /** Of each scenario. */
        episodes: z.number().int().min(1).max(SUITE_BOUNDS.episodes),
      }),
    )
    .min(1),
});

export type Suite = z.infer<typeof suiteSchema> & { folder: string };

/** Of the selected task; the folder may be missing. */
const suiteFolder = (): string => join(scenarioFolder(selectedTask()), 'suites');

/** Names of the selected task's suites, in alphabetical order. */
export function listSuites(): string[] {
  const folder = suiteFolder();
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -5))
    .sort();
}

/** Anything else is the name of a built-in suite. */
const isSuitePath = (nameOrPath: string): boolean => /[/\\]|\.ya?ml$/i.test(nameOrPath);

/** A path made absolute, a name as it is: what means the same suite to a process that stands elsewhere. */
export function wholeSuiteName(nameOrPath: string, cwd: string): string {
  return isSuitePath(nameOrPath) ? resolve(cwd, nameOrPath) : nameOrPath;
}

/**
 * The suite of that name, or of the file at that path (relative to `cwd`).
 * @throws InputError for an unknown name, with those there are; for a file with faults, all of them.
 */
export function loadSuite(nameOrPath: string, cwd: string): Suite {
  const isPath = isSuitePath(nameOrPath);
  const names = listSuites();
  if (!isPath && !names.includes(nameOrPath))
    throw new InputError(
      `suite "${nameOrPath}" is not known${suggestion(nameOrPath, names) || ';'} ${names.length === 0 ? `task ${selectedTask()} has none` : `there are ${names.join(', ')}`}, and a path to a file of your own (.yaml) works too`,
    );
  const path = isPath ? resolve(cwd, nameOrPath) : join(suiteFolder(), `${nameOrPath}.yaml`);
  const subject = `suite ${isPath ? nameOrPath : basename(path)}`;
  const document = readYaml(readPlainText(path, subject), subject);
  const result = suiteSchema.safeParse(document.value);
  if (result.success) return { ...result.data, folder: dirname(path) };
  throwFaults(
    subject,
    result.error.issues.map(
      ({ path: at, message }) => `${document.place(at)}: ${at.join('.') || 'it'}: ${message}`,
    ),
  );
  throw new Error(`${subject} was refused without a reason`);
}

/** The suite's starts. `seed` draws a fresh instance, with a hash of its own. */
export function expandSuite(suite: Suite, seed: number = suite.seed): ConditionSet {
  const counts = new Map<string, { scenario: Scenario; episodes: number }>();
  for (const { scenarios, episodes } of suite.conditions) {
    for (const scenario of scenariosOf(scenarios, suite.folder)) {
      if (counts.has(scenario.name))
        throw new InputError(`suite ${suite.name}: scenario ${scenario.name} is named twice; drop one`);
      counts.set(scenario.name, { scenario, episodes });
    }
  }
  return drawConditions(suite.name, seed, [...counts.values()]);
}

function scenariosOf(scenarios: 'all' | string[], folder: string): Scenario[] {
  if (scenarios === 'all') return listScenarios();
  return resolveSelection(scenarios.join(','), folder).map(({ scenario }: SelectedScenario) => scenario);
}

/** What `--scenarios LIST --episodes N` means as a set of conditions: N starts shared by weight. */
export function adHocSet(spec: string, episodes: number, seed: number, cwd: string): ConditionSet {
  const chosen = resolveSelection(spec, cwd);
  const shares = apportion(
    episodes,
    chosen.map(({ weight }) => weight),
  );
  const counts = chosen.map(({ scenario }, i) => ({ scenario, episodes: shares[i] }));
  return drawConditions(`scenarios:${spec}`, seed, counts);
}
