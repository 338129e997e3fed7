/** Finds how a task is drawn by its folder's name: the page's counterpart of load-task.ts. */
import type { SceneMaker } from '../engine/scene/task-scene.ts';
import { DEFAULT_TASK } from '../engine/task-registry.ts';

const loading = new Map<string, Promise<SceneMaker>>();

export function loadScene(name: string = DEFAULT_TASK): Promise<SceneMaker> {
  let maker = loading.get(name);
  if (!maker) {
    maker = import(`./${name}/scene.ts`).then(({ taskScene }) => taskScene as SceneMaker);
    loading.set(name, maker);
  }
  return maker;
}
