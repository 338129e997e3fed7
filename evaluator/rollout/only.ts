/** Single conditions of a set, to look at a rollout once more. */

import { editDistance } from '../../scenarios/nearest.ts';
import { type ConditionSet, conditionSet } from '../../scenarios/suites/conditions.ts';
import { throwFaults } from '../../sim/errors.ts';

/** Near keys that a message names. */
const NAMED = 3;

/**
 * The conditions of these keys, in the set's order, under a name and a hash of their own: rates of chosen conditions
 * are not to be compared with those of all.
 * @param keys as results and reports print them
 * @throws InputError that names near keys for each there is none of
 */
export function onlyConditions(set: ConditionSet, keys: readonly string[]): ConditionSet {
  const there = set.conditions.map(({ key }) => key);
  const faults = keys
    .filter((key) => !there.includes(key))
    .map(
      (key) =>
        `there is no condition ${key} among the ${there.length} of ${set.name}; near are ${nearKeys(key, there).join(', ')}`,
    );
  throwFaults('--only', faults);
  const chosen = set.conditions.filter(({ key }) => keys.includes(key));
  const name = chosen.length === 1 ? chosen[0].key : `${chosen.length} of ${there.length}`;
  return conditionSet(`${set.name} only ${name}`, set.seed, chosen);
}

function nearKeys(key: string, there: readonly string[]): string[] {
  const byDistance = there.map((other) => ({ other, distance: editDistance(key, other) }));
  return byDistance
    .sort((a, b) => a.distance - b.distance || (a.other < b.other ? -1 : 1))
    .slice(0, NAMED)
    .map(({ other }) => other);
}
