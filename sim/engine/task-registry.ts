/** The tasks that are loaded, by name. Loading is not done here: see tasks/load-task.ts. */
import type { EpisodeStart } from './episode-start.ts';
import type { AnyTask } from './task.ts';

/** The task of scenarios and starts that name none: everything from before there were others. */
export const DEFAULT_TASK = 'collect-bricks';

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
