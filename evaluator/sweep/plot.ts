/** Success against training step, as an SVG that opens anywhere. Pure. */

import { escapeMarkup } from '../../runtime/escape-markup.ts';
import { percent } from '../../runtime/figures.ts';
import { SVG_MARK } from '../../runtime/output-file.ts';
import type { Sweep } from './sweep.ts';

export const PLOT_DEFAULTS = { width_px: 760, height_px: 420 } as const;
const MARGIN = { left: 64, right: 24, top: 88, bottom: 56 } as const;
const INK = '#1f2933';
const FAINT = '#e1e6eb';
const LINE = '#2563a8';
const REPORT = '#c2410c';

/** @param title of the run, any text */
export function sweepPlot(sweep: Sweep, title: string): string {
  const { width_px: width, height_px: height } = PLOT_DEFAULTS;
  const steps = sweep.points.map(({ step }) => step);
  const [first, last] = [Math.min(...steps), Math.max(...steps)];
  const inner = width - MARGIN.left - MARGIN.right;
  // Room at both sides, so that whiskers do not lie on the axis; a single checkpoint stands in the middle.
  const x = (step: number) =>
    MARGIN.left + inner * (last === first ? 0.5 : 0.04 + (0.92 * (step - first)) / (last - first));
  const y = (rate: number) => height - MARGIN.bottom - rate * (height - MARGIN.top - MARGIN.bottom);
  const { report, best } = sweep;
  const line = sweep.points
    .map(({ step, success_rate }) => `${at(x(step))},${at(y(success_rate))}`)
    .join(' ');
  const shift = last === first ? 14 : Math.min(14, x(last) - x(first));
  return `${[
    SVG_MARK,
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="12" fill="${INK}">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(
      MARGIN.left,
      24,
      `Success against training step: ${clipped(title)}`,
      'font-size="15" font-weight="600"',
    ),
    ...legend(sweep),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((rate) => [
      `<line x1="${MARGIN.left}" x2="${width - MARGIN.right}" y1="${at(y(rate))}" y2="${at(y(rate))}" stroke="${FAINT}"/>`,
      text(MARGIN.left - 8, y(rate) + 4, `${rate * 100} %`, 'text-anchor="end"'),
    ]),
    ...labelled(steps, x).map((step) =>
      text(x(step), height - MARGIN.bottom + 20, step.toLocaleString('en'), 'text-anchor="middle"'),
    ),
    text(MARGIN.left + inner / 2, height - 12, 'training step', 'text-anchor="middle"'),
    `<polyline points="${line}" fill="none" stroke="${LINE}" stroke-width="2"/>`,
    ...sweep.points.flatMap((point) => whisker(x(point.step), point, y, LINE)),
    ...whisker(x(best.step) + shift, report, y, REPORT),
    '</svg>',
  ].join('\n')}\n`;
}

function legend({ points, report, best, suite, seeds }: Sweep): string[] {
  const chosen = `each checkpoint on ${points[0].episodes} episodes of ${clipped(suite)}, seed ${seeds.select}`;
  const reported = `step ${best.step.toLocaleString('en')} again, on seed ${seeds.report}: ${percent(report.success_rate)} (95 %: ${percent(report.wilson[0])} to ${percent(report.wilson[1])})`;
  return [
    `<circle cx="${MARGIN.left + 5}" cy="42" r="4" fill="${LINE}"/>`,
    text(MARGIN.left + 15, 46, chosen),
    `<circle cx="${MARGIN.left + 5}" cy="62" r="4" fill="${REPORT}"/>`,
    text(MARGIN.left + 15, 66, reported),
  ];
}

function whisker(
  x: number,
  { success_rate, wilson }: { success_rate: number; wilson: [number, number] },
  y: (rate: number) => number,
  color: string,
): string[] {
  const [low, high] = wilson.map(y);
  return [
    `<line x1="${at(x)}" x2="${at(x)}" y1="${at(low)}" y2="${at(high)}" stroke="${color}" stroke-width="1.5"/>`,
    ...[low, high].map(
      (end) =>
        `<line x1="${at(x - 4)}" x2="${at(x + 4)}" y1="${at(end)}" y2="${at(end)}" stroke="${color}" stroke-width="1.5"/>`,
    ),
    `<circle cx="${at(x)}" cy="${at(y(success_rate))}" r="4.5" fill="${color}"/>`,
  ];
}

/** Steps that have room for their number. */
function labelled(steps: readonly number[], x: (step: number) => number): number[] {
  const shown: number[] = [];
  for (const step of steps)
    if (shown.length === 0 || x(step) - x(shown[shown.length - 1]) >= 56) shown.push(step);
  return shown;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${at(x)}" y="${at(y)}" ${attributes}>${escapeMarkup(content)}</text>`;
}

/** A name as long as there is room for. */
function clipped(name: string): string {
  const characters = [...name].filter((character) => character >= ' ');
  return characters.length <= 48 ? characters.join('') : `${characters.slice(0, 47).join('')}…`;
}

const at = (value: number): string => value.toFixed(1);
