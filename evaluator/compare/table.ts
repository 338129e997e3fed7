/** A comparison as text for a terminal. */
import { percent } from '../../runtime/figures.ts';
import { printableLine } from '../../runtime/printable.ts';
import type { Comparison } from './comparison.ts';

/** The verdict in a sentence, the counts behind it, and a line a scenario. */
export function comparisonText(comparison: Comparison, names: { a: string; b: string }): string {
  const { a, b, episodes, gained, lost, errors, notes } = comparison;
  const rows = Object.entries(comparison.by_scenario).map(([name, row]) => [
    name,
    `${row.episodes}`,
    percent(row.a.success_rate),
    percent(row.b.success_rate),
    `+${row.gained} -${row.lost}`,
    points(row.difference),
    `${points(row.interval[0])} to ${points(row.interval[1])}`,
    pText(row.p_value),
  ]);
  const head = ['scenario', 'pairs', 'A', 'B', 'gained/lost', 'points', '95 % interval', 'p (Holm)'];
  return [
    headline(comparison),
    '',
    `  A  ${printableLine(names.a)}: ${a.successes} of ${episodes}, ${percent(a.success_rate)} (${percent(a.wilson[0])} to ${percent(a.wilson[1])})`,
    `  B  ${printableLine(names.b)}: ${b.successes} of ${episodes}, ${percent(b.success_rate)} (${percent(b.wilson[0])} to ${percent(b.wilson[1])})`,
    `  only B solved ${gained}, only A solved ${lost}; ${errors.pairs_left_out} pairs left out for errors`,
    `  a difference of ${(comparison.smallest_detectable_difference * 100).toFixed(1)} points would be found in 4 of 5 such comparisons`,
    ...notes.map((note) => `  note: ${printableLine(note)}`),
    '',
    ...table([head, ...rows]),
  ].join('\n');
}

/** Verdict, difference, interval, p: one line. */
export function headline({ verdict, difference, interval, p_value, episodes, ...rest }: Comparison): string {
  const stopped =
    rest.method === 'sequential' ? `, looked at after every pair, of ${rest.pairs_available} on hand` : '';
  return `${verdict}: B minus A is ${points(difference)} points (95 % interval ${points(interval[0])} to ${points(interval[1])}), p = ${pText(p_value)}, ${episodes} pairs${stopped}`;
}

/** Left column to the left, the others to the right. */
export function table(cells: readonly (readonly string[])[]): string[] {
  const rows = cells.map((row) => row.map(printableLine));
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map(
    (row) =>
      `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ')}`,
  );
}

export function points(fraction: number): string {
  const value = (fraction * 100).toFixed(1);
  return fraction > 0 ? `+${value}` : value === '-0.0' ? '0.0' : value;
}

function pText(p: number): string {
  return p < 0.0001 ? '<0.0001' : p.toFixed(4);
}
