/** Whether a policy got worse than the one before by more than the margin, on the same conditions. Pure. */
import { percent } from '../../runtime/figures.ts';
import type { Comparison } from '../compare/comparison.ts';
import { COMPARE_DEFAULTS } from '../compare/comparison.ts';
import { points } from '../compare/table.ts';
import type { TestCase } from './junit.ts';

/** Conditions named in a message; the rest is counted. */
const NAMED = 10;

/**
 * The gate's test cases: overall, each scenario, and that nothing crashed.
 *
 * Simulator and policies are deterministic, so a drop on these conditions is a fact about them, significant or not:
 * overall, a drop beyond the margin fails. A single scenario has few episodes, where one lost condition is beyond any
 * margin: there only a drop that is significant after Holm's correction, and beyond the margin, fails.
 */
export function gateCases(comparison: Comparison): TestCase[] {
  const { margin, difference, by_scenario, errors, conditions, p_value, verdict } = comparison;
  const overall: TestCase = {
    group: 'policy',
    name: `success rate is not more than ${points(margin).slice(1)} points below the baseline's`,
    note: `${verdict}: ${percent(comparison.b.success_rate)} against ${percent(comparison.a.success_rate)}`,
  };
  if (difference < -margin)
    overall.failure =
      `success rate fell by ${points(-difference).slice(1)} points, from ${percent(comparison.a.success_rate)} to ` +
      `${percent(comparison.b.success_rate)}, more than the margin of ${points(margin).slice(1)} ` +
      `(p = ${p_value.toFixed(4)}, ${comparison.episodes} pairs); no longer solved: ${named(conditions.lost)}`;
  const scenarios = Object.entries(by_scenario).map(([name, row]): TestCase => {
    const worse = row.difference < -margin && row.p_value <= COMPARE_DEFAULTS.alpha;
    const rates = `${percent(row.b.success_rate)} against ${percent(row.a.success_rate)}`;
    return {
      group: 'policy',
      name: `scenario ${name}`,
      note: rates,
      ...(worse
        ? {
            failure: `scenario ${name}: ${rates}, lost ${row.lost} of ${row.episodes} (p = ${row.p_value.toFixed(4)})`,
          }
        : {}),
    };
  });
  const crashed: TestCase = { group: 'policy', name: 'no rollout crashed or hung' };
  if (errors.b > 0)
    crashed.failure = `${errors.b} rollouts of the new policy crashed or hung; see results.jsonl`;
  return [overall, ...scenarios, crashed];
}

function named(conditions: readonly string[]): string {
  const rest = conditions.length - NAMED;
  return `${conditions.slice(0, NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
