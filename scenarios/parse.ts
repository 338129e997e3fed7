/** From the text of a scenario file to a scenario, or one InputError that lists all that is wrong with it. */
import type { core } from 'zod';
import { DEFAULT_TASK } from '../sim/engine/task-registry.ts';
import { InputError, throwFaults } from '../sim/errors.ts';
import { type Scenario, scenarioSchema } from './schema.ts';
import { explainIssue } from './schema-faults.ts';
import { isTaskName, scenariosOfTask, selectedTask, unknownTask } from './tasks.ts';
import { readYaml } from './yaml-document.ts';

/**
 * @param subject what the text is called in messages, such as `scenario file my.yaml`.
 * @throws InputError naming each fault with its line, column and key.
 */
export function parseScenario(text: string, subject: string): Scenario {
  const document = readYaml(text, subject);
  const { value } = document;
  if (value === null) throw new InputError(`${subject} is empty; begin with: brickyard scenario new NAME`);
  const named = (value as { task_name?: unknown }).task_name;
  const taskName = typeof named === 'string' ? named : undefined;
  // Without the task nothing is known about its keys: the rest of the file cannot be judged.
  if (taskName !== undefined && !isTaskName(taskName))
    throw new InputError(`${subject}: ${document.place(['task_name'])}: task_name: ${unknownTask(taskName)}`);
  const schema = scenarioSchema(scenariosOfTask(taskName));
  const result = schema.safeParse(value);
  if (result.success) return result.data as Scenario;
  const faults = result.error.issues
    .flatMap((issue) => explainIssue(schema, issue as core.$ZodIssue, value))
    .map(({ path, key, message }) => {
      const name = pathName(key === undefined ? path : [...path, key]);
      return `${document.place(path, key)}: ${name === '' ? '' : `${name} `}${message}`;
    });
  if (taskName === undefined && selectedTask() !== DEFAULT_TASK)
    faults.unshift(`task_name is left out, which means ${DEFAULT_TASK}; add task_name: ${selectedTask()}`);
  throwFaults(subject, [...new Set(faults)]);
  throw new Error(`${subject} was refused without a reason`);
}

/** `things[0].where.near_wall`. */
function pathName(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
