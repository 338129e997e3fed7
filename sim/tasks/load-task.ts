/** Finds a task by its folder's name and makes it ready to be simulated. */
import { loadPhysics } from '../engine/physics.ts';
import type { AnyTask } from '../engine/task.ts';
import { addTask, DEFAULT_TASK } from '../engine/task-registry.ts';

const loading = new Map<string, Promise<AnyTask>>();

/** The task in the folder of that name, once physics and task can be used; every call after the first waits for the same. */
export function loadTask(name: string = DEFAULT_TASK): Promise<AnyTask> {
  let task = loading.get(name);
  if (!task) {
    task = load(name);
    loading.set(name, task);
  }
  return task;
}

async function load(name: string): Promise<AnyTask> {
  const [module] = await Promise.all([
    import(`./${name}/task.ts`) as Promise<{ task: AnyTask }>,
    loadPhysics(),
  ]);
  addTask(module.task);
  return module.task;
}
