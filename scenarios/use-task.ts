/**
 * `--task`: which task a command is about. A name is one of sim/tasks; a folder holds a task of the user's own, and is the
 * only code from outside of the checkout that is run, because the user named it.
 */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type OutsideTask, outsideTask, setOutsideTask } from '../runtime/outside-task.ts';
import type { AnyTaskScenarios } from '../sim/engine/scenario/task-scenarios.ts';
import { missingParts, type Parts } from '../sim/engine/task-faults.ts';
import { assertTaskName, DEFAULT_TASK } from '../sim/engine/task-registry.ts';
import { InputError, throwFaults } from '../sim/errors.ts';
import { addTaskFolder } from '../sim/tasks/load-task.ts';
import { addTaskScenarios, isTaskName, selectedTask, selectTask, unknownTask } from './tasks.ts';

/** The files that a task's folder must have, with what each exports. */
export const TASK_FILES = { 'task.ts': 'task', 'scene.ts': 'taskScene', 'scenario.ts': 'taskScenarios' };

/** What taskScenarios must have, and as what. */
const PARTS: Parts = {
  string: ['instruction', 'thing.one', 'thing.many', 'template.from', 'template.otherKeys'],
  object: ['shape'],
  function: ['check', 'countRange', 'timeLimitS', 'draw', 'fullest'],
};

const ROOT = new URL('..', import.meta.url);

/**
 * Makes the task that `--task` names the one whose scenarios are meant.
 * @param text a task's name, or a folder relative to `cwd`
 * @throws InputError for an unknown name, and for a folder that holds no task
 */
export async function useTask(text: string, cwd: string): Promise<void> {
  if (isTaskName(text)) {
    selectTask(text);
    return;
  }
  const path = resolve(cwd, text);
  if (!existsSync(path)) {
    const isName = !text.includes('/') && !text.includes('\\');
    throw new InputError(isName ? `--task: ${unknownTask(text)}` : `--task ${text}: there is no such folder`);
  }
  const folder = realpathSync(path);
  const faults = folderFaults(folder);
  if (faults.length > 0) throwFaults(`--task ${text}`, faults);
  const { taskName } = await loadScenarios(folder, `--task ${text}`);
  await useOutsideTask({ name: taskName, folder });
  selectTask(taskName);
}

/** The same in a worker or another process of ours, which is told what the command was. */
export async function useOutsideTask(task: OutsideTask | undefined): Promise<void> {
  if (task === undefined || outsideTask()?.folder === task.folder) return;
  const { name, folder } = task;
  addTaskScenarios(await loadScenarios(folder, `task ${name}`), join(folder, 'scenarios'));
  addTaskFolder(name, `${pathToFileURL(folder).href}/`);
  setOutsideTask(task);
}

/** What `useTask` is given in a process of ours that is about the same task. */
export const chosenTask = (): string => outsideTask()?.folder ?? selectedTask();

/** What a command line must say to be about the same task. */
export const taskWords = (): string[] => (chosenTask() === DEFAULT_TASK ? [] : ['--task', chosenTask()]);

function folderFaults(folder: string): string[] {
  if (!statSync(folder).isDirectory()) return ['it is a file; name the folder that holds task.ts'];
  return Object.entries(TASK_FILES)
    .filter(([file]) => !existsSync(join(folder, file)))
    .map(([file, name]) => `${file}, which exports ${name}, is missing`);
}

async function loadScenarios(folder: string, subject: string): Promise<AnyTaskScenarios> {
  resolveOurs();
  const file = join(folder, 'scenario.ts');
  let module: { taskScenarios?: AnyTaskScenarios };
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new InputError(`${subject}: scenario.ts cannot be loaded: ${message}`, { cause: error });
  }
  const scenarios = module.taskScenarios;
  if (typeof scenarios?.taskName !== 'string')
    throw new InputError(`${subject}: scenario.ts must export taskScenarios with a taskName`);
  assertTaskName(scenarios.taskName);
  throwFaults(`${subject}: taskScenarios in scenario.ts`, missingParts(scenarios, PARTS));
  if (outsideTask()?.name !== scenarios.taskName && isTaskName(scenarios.taskName))
    throw new InputError(
      `${subject}: "${scenarios.taskName}" is the name of one of brickyard's own tasks; choose another`,
    );
  return scenarios;
}

let isHooked = false;

/** Lets files outside of the checkout name `brickyard/sim/...`, and the libraries that brickyard has. */
function resolveOurs(): void {
  if (isHooked) return;
  isHooked = true;
  const anyFileOfOurs = new URL('package.json', ROOT).href;
  registerHooks({
    resolve(specifier, context, next) {
      const ours = { ...context, parentURL: anyFileOfOurs };
      if (specifier.startsWith('brickyard/')) return next(specifier, ours);
      const isBare = !/^(\.|\/|#|[a-z]+:)/.test(specifier);
      if (!isBare || !context.parentURL || context.parentURL.startsWith(ROOT.href))
        return next(specifier, context);
      try {
        return next(specifier, context);
      } catch {
        return next(specifier, ours);
      }
    },
  });
}
