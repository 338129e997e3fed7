/**
 * What each task's scenarios may say, by the task's name: those in sim/tasks, and the one that --task loads from a folder
 * outside of the checkout. Nothing else about a task is loaded here, so that listing scenarios starts no physics.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AnyTaskScenarios } from '../sim/engine/scenario/task-scenarios.ts';
import { DEFAULT_TASK } from '../sim/engine/task-registry.ts';
import { InputError } from '../sim/errors.ts';
import { suggestion } from './nearest.ts';

const FOLDER = new URL('../sim/tasks/', import.meta.url);

interface KnownTask {
  scenarios: AnyTaskScenarios;
  /** Where its scenario files lie. */
  folder: string;
}

const known = new Map<string, KnownTask>();
for (const { name } of readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  const module = (await import(`../sim/tasks/${name}/scenario.ts`)) as { taskScenarios: AnyTaskScenarios };
  const own = fileURLToPath(new URL(`${name}/scenarios`, FOLDER));
  known.set(name, {
    scenarios: module.taskScenarios,
    folder: name === DEFAULT_TASK ? import.meta.dirname : own,
  });
}

let selected = DEFAULT_TASK;

/** The task whose scenarios `all` and tags mean. */
export const selectedTask = (): string => selected;

export function selectTask(name: string): void {
  selected = name;
}

/** In alphabetical order, the outside one last. */
export const taskNames = (): string[] => [...known.keys()];

export function addTaskScenarios(scenarios: AnyTaskScenarios, folder: string): void {
  known.set(scenarios.taskName, { scenarios, folder });
}

/** Where the scenario files of a task lie; the folder may be missing. */
export const scenarioFolder = (name: string): string => known.get(name)!.folder;

/**
 * A task's vocabulary; the default task's where none is named.
 * @throws InputError for a task that is not known
 */
export function scenariosOfTask(name: string = DEFAULT_TASK): AnyTaskScenarios {
  const task = known.get(name);
  if (!task) throw new InputError(unknownTask(name));
  return task.scenarios;
}

export const isTaskName = (name: string): boolean => known.has(name);

/** One sentence for a name that no known task has. */
export function unknownTask(name: string): string {
  const names = taskNames();
  return `task "${name}" is not known${suggestion(name, names) || ';'} there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}; a task of your own is loaded with --task FOLDER`;
}
