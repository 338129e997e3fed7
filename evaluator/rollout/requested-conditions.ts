/** The starts that a request asks for. */
import type { ConditionSet } from '../../scenarios/suites/conditions.ts';
import { adHocSet, expandSuite, loadSuite } from '../../scenarios/suites/suite.ts';
import type { AnyTask } from '../../sim/engine/task.ts';
import { DEFAULT_TASK } from '../../sim/engine/task-registry.ts';
import { InputError } from '../../sim/errors.ts';
import { describeTask } from '../../sim/tasks/load-task.ts';
import { onlyConditions } from './only.ts';
import type { RolloutRequest } from './settings.ts';

/**
 * @param folder that relative paths of the request begin at
 * @throws InputError for unknown suites, scenarios and conditions
 */
export function requestedConditions(
  { conditions, seed, only }: Pick<RolloutRequest, 'conditions' | 'seed' | 'only'>,
  folder: string,
): ConditionSet {
  const set =
    'suite' in conditions
      ? expandSuite(loadSuite(conditions.suite, folder), seed)
      : adHocSet(conditions.scenarios, conditions.episodes, seed ?? 0, folder);
  return only ? onlyConditions(set, only) : set;
}

/**
 * The task that all of them are of, with its names and sizes.
 * @throws InputError where they are of several
 */
export async function taskOfConditions({ name, conditions }: ConditionSet): Promise<AnyTask> {
  const names = [...new Set(conditions.map(({ start }) => start.taskName ?? DEFAULT_TASK))];
  if (names.length > 1)
    throw new InputError(
      `${name} has conditions of the tasks ${names.join(', ')}: roll out those of one task at a time`,
    );
  return describeTask(names[0]);
}
