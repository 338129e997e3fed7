/** The starts that a request asks for. */
import type { ConditionSet } from '../../scenarios/suites/conditions.ts';
import { adHocSet, expandSuite, loadSuite } from '../../scenarios/suites/suite.ts';
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
