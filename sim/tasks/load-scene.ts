/** Finds how a task is drawn by its folder's name: the page's counterpart of load-task.ts. */
import type { SceneMaker } from '../engine/scene/task-scene.ts';
import { assertTaskName, DEFAULT_TASK, unloadableTask } from '../engine/task-registry.ts';

const loading = new Map<string, Promise<SceneMaker>>();

/** What a task outside of this folder is drawn by. */
export function addScene(name: string, maker: SceneMaker): void {
  loading.set(name, Promise.resolve(maker));
}

export function loadScene(name: string = DEFAULT_TASK): Promise<SceneMaker> {
  let maker = loading.get(name);
  if (!maker) {
    maker = load(name);
    loading.set(name, maker);
  }
  return maker;
}

async function load(name: string): Promise<SceneMaker> {
  assertTaskName(name);
  const module = await import(`./${name}/scene.ts`).catch((error: Error) => {
    throw unloadableTask(name, error);
  });
  return module.taskScene as SceneMaker;
}
