/** Finds a task by its folder's name and makes it ready to be simulated. */
import { loadPhysics } from '../engine/physics.ts';
import type { AnyTask } from '../engine/task.ts';
import { taskFaults } from '../engine/task-faults.ts';
import { addTask, assertTaskName, DEFAULT_TASK, unloadableTask } from '../engine/task-registry.ts';
import { InputError, throwFaults } from '../errors.ts';

const known = new Map<string, Promise<AnyTask>>();
const folders = new Map<string, string>();

/** Where a task outside of this folder lies, as a URL that ends in a slash. */
export function addTaskFolder(name: string, url: string): void {
  folders.set(name, url);
}

/**
 * The task of that name, once physics and task can be used; every call after the first waits for the same.
 * @throws InputError for a name that no task has
 */
export async function loadTask(name: string = DEFAULT_TASK): Promise<AnyTask> {
  const [task] = await Promise.all([describeTask(name), loadPhysics()]);
  return task;
}

/** The same for whoever asks for names and sizes alone: no world can be made yet. */
export function describeTask(name: string = DEFAULT_TASK): Promise<AnyTask> {
  let task = known.get(name);
  if (!task) {
    task = load(name);
    known.set(name, task);
  }
  return task;
}

async function load(name: string): Promise<AnyTask> {
  assertTaskName(name);
  const folder = folders.get(name);
  // Each import is spelled out: bundlers look for the tasks that the first may mean.
  const module: Promise<{ task: AnyTask }> =
    folder === undefined
      ? import(`./${name}/task.ts`).catch((error: Error) => {
          throw unloadableTask(name, error);
        })
      : import(`${folder}task.ts`).catch((error: Error) => {
          throw new InputError(`task ${name}: task.ts cannot be loaded: ${error.message}`, { cause: error });
        });
  const { task } = await module;
  if (task?.name !== name)
    throw new InputError(`task ${name}: task.ts must export a task of that name, not ${task?.name}`);
  throwFaults(`task ${name}`, taskFaults(task));
  addTask(task);
  return task;
}
