/** The tasks that are loaded, by name. Loading is not done here: see tasks/load-task.ts. */
import { InputError } from '../errors.ts';
import type { EpisodeStart } from './episode-start.ts';
import type { AnyTask } from './task.ts';

/** The task of scenarios and starts that name none: everything from before there were others. */
export const DEFAULT_TASK = 'collect-bricks';

/** Of tasks, robots and scenarios. Names come out of files: they name a thing, never a path. */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** @throws InputError for what is no name of a task */
export function assertTaskName(name: string): void {
  if (!NAME_PATTERN.test(name))
    throw new InputError(
      `the task is called ${JSON.stringify(name).slice(0, 80)}, but names are lower-case letters, digits and dashes`,
    );
}

/** What to throw when a task's module could not be imported: the user's fault where there is no such task. */
export function unloadableTask(name: string, error: Error): Error {
  const { code, message } = error as { code?: string; message: string };
  const isMissing =
    code === 'ERR_MODULE_NOT_FOUND' || /Cannot find|not found in bundle|Unknown variable/i.test(message);
  if (!isMissing || !message.includes(`/${name}/`)) return error;
  return new InputError(`task "${name}" is not one of brickyard's own; name its folder with --task FOLDER`, {
    cause: error,
  });
}

const tasks = new Map<string, AnyTask>();

export function addTask(task: AnyTask): void {
  tasks.set(task.name, task);
}

/** @throws Error when the task has not been loaded */
export function taskNamed(name: string): AnyTask {
  const task = tasks.get(name);
  if (!task) throw new Error(`task ${name} has not been loaded`);
  return task;
}

/** The task that a start belongs to. */
export const taskOf = (start: Pick<EpisodeStart, 'taskName'>): AnyTask =>
  taskNamed(start.taskName ?? DEFAULT_TASK);

/** All that are loaded, in the order in which they came. */
export const loadedTasks = (): AnyTask[] => [...tasks.values()];

/** All failure labels of the loaded tasks, each task's in the order in which its rules are asked. */
export const failureLabels = (): string[] => [
  ...new Set(loadedTasks().flatMap(({ failures }) => Object.keys(failures.meanings))),
];
