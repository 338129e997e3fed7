/** The built-in scenarios as a table for a terminal. */
import { countRange, timeLimitS } from './sampler.ts';
import type { Scenario } from './schema.ts';
import { scenariosOfTask } from './tasks.ts';

/** One line a scenario of one task: name, tags, number of things, time limit, title. */
export function scenarioTable(scenarios: readonly Scenario[]): string {
  const { thing } = scenariosOfTask(scenarios[0]?.task_name);
  const rows = [
    ['name', 'tags', thing.many, 'limit', 'what'],
    ...scenarios.map((scenario) => {
      const [least, most] = countRange(scenario);
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

function span(low: number, high: number): string {
  return low === high ? `${low}` : `${low}-${high}`;
}
