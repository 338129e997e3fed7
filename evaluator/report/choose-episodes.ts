/** Which episodes a report shows: failures of every label first, and some successes to hold them against. */
import type { RolloutResult } from '../../rollouts/results.ts';
import { countLabels } from './rates.ts';

/** Of those shown, at least this share are successes, if there are any. */
const SUCCESS_SHARE = 1 / 3;

/** At most `count` results with a stored trajectory; failures before successes, labels and scenarios in turn. */
export function chooseEpisodes(results: readonly RolloutResult[], count: number): RolloutResult[] {
  const kept = results.filter(({ trajectory }) => trajectory !== null);
  const won = inTurn(byScenario(kept.filter(({ status }) => status === 'success')));
  const lost = inTurn(countLabels(kept).map(({ of }) => inTurn(byScenario(of))));
  const wins = Math.min(won.length, Math.max(Math.floor(count * SUCCESS_SHARE), count - lost.length));
  return [...lost.slice(0, count - wins), ...won.slice(0, wins)];
}

function byScenario(results: readonly RolloutResult[]): RolloutResult[][] {
  const names = [...new Set(results.map(({ scenario }) => scenario))].sort();
  return names.map((name) => results.filter(({ scenario }) => scenario === name));
}

/** The first of each group, then the second of each, and so on. */
function inTurn<T>(groups: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...groups.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) =>
    groups.flatMap((group) => (i < group.length ? [group[i]] : [])),
  ).flat();
}
