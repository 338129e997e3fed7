/** The built-in scenarios as a table for a terminal. */
import { type Count, quantityRange } from '../sim/engine/scenario/quantity.ts';
import { timeLimitS } from './sampler.ts';
import type { Scenario } from './schema.ts';

/** One line a scenario: name, tags, bricks, time limit, title. */
export function scenarioTable(scenarios: readonly Scenario[]): string {
  const rows = [
    ['name', 'tags', 'bricks', 'limit', 'what'],
    ...scenarios.map((scenario) => {
      const [least, most] = brickRange(scenario);
      const seconds = [timeLimitS(scenario, least), timeLimitS(scenario, most)];
      return [
        scenario.name,
        scenario.tags.join(' '),
        span(least, most),
        `${span(seconds[0], seconds[1])} s`,
        scenario.title,
      ];
    }),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The fewest and the most bricks that a start may have. */
export function brickRange(scenario: Scenario): [number, number] {
  const ranges = scenario.bricks.map((group) => quantityRange(group.count as Count));
  return [ranges.reduce((sum, [low]) => sum + low, 0), ranges.reduce((sum, [, high]) => sum + high, 0)];
}

function span(low: number, high: number): string {
  return low === high ? `${low}` : `${low}-${high}`;
}
