/** The arms as Markdown: rates, differences to the first arm, and rates by scenario. */

import { mcnemarExact } from '../../evaluator/statistics/paired.ts';
import { seedsAndStartsInterval } from '../../evaluator/statistics/seeds-and-starts.ts';
import { wilson } from '../../evaluator/statistics/wilson.ts';
import { defaultTask } from '../../sim/tasks/default-task.ts';
import type { Arm, ArmsFile, TrainingResult } from './arms-file.ts';

const percent = (share: number): string => (100 * share).toFixed(1);
const points = (share: number): string => `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(1)}`;
const solvedOf = ({ outcomes }: TrainingResult): boolean[] => [...outcomes].map((each) => each === '1');

export function armsTable({ arms }: ArmsFile): string {
  const [first] = arms;
  const rows = arms.map((arm) => {
    const [solved, tried] = totals(arm);
    const [low, high] = wilson(solved, tried);
    const each = arm.trainings.map(({ successes }) => successes).join(', ');
    return `| ${arm.name} | ${each} of ${arm.trainings[0].episodes} | ${percent(solved / tried)} % | ${percent(low)}–${percent(high)} | ${arm === first ? '' : difference(first, arm)} |`;
  });
  return [
    '| arm | solved, a training each | rate | 95 % over starts | against the first: points, 95 % over trainings and starts; p of McNemar, seed by seed |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function difference(a: Arm, b: Arm): string {
  const { difference: gap, interval } = seedsAndStartsInterval(
    a.trainings.map(solvedOf),
    b.trainings.map(solvedOf),
  );
  const paired = b.trainings.slice(0, a.trainings.length).map((training, k) => {
    const [before, now] = [solvedOf(a.trainings[k]), solvedOf(training)];
    const gained = now.filter((solved, i) => solved && !before[i]).length;
    const lost = now.filter((solved, i) => !solved && before[i]).length;
    return `+${gained} −${lost} p ${mcnemarExact(gained, lost).toPrecision(2)}`;
  });
  return `${points(gap)} (${interval.map(points).join(' to ')}); ${paired.join('; ')}`;
}

function totals({ trainings }: Arm): [solved: number, tried: number] {
  return [
    trainings.reduce((sum, { successes }) => sum + successes, 0),
    trainings.reduce((sum, { episodes }) => sum + episodes, 0),
  ];
}

/** Solved of tried over all trainings of an arm, by scenario; where there are several things also those delivered. */
export function scenarioTable({ arms }: ArmsFile): string {
  const scenarios = Object.keys(arms[0].trainings[0].by_scenario);
  const cell = (arm: Arm, scenario: string): string => {
    const sum = [0, 0, 0, 0];
    for (const { by_scenario } of arm.trainings)
      by_scenario[scenario].forEach((count, k) => {
        sum[k] += count;
      });
    const [solved, tried, delivered, things] = sum;
    return things === tried
      ? `${solved} / ${tried}`
      : `${solved} / ${tried} (${delivered} / ${things} ${defaultTask.thing.many})`;
  };
  return [
    `| scenario | ${arms.map(({ name }) => name).join(' | ')} |`,
    `|---|${arms.map(() => '--:|').join('')}`,
    ...scenarios.map((scenario) => `| ${scenario} | ${arms.map((arm) => cell(arm, scenario)).join(' | ')} |`),
  ].join('\n');
}
