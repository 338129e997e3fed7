/** Share of rollouts that had succeeded by a time, with its interval. */
import { rounded } from '../../runtime/figures.ts';
import { wilson } from '../statistics/wilson.ts';
import { type Html, html } from './html.ts';
import type { ReportData } from './report-data.ts';

const WIDTH = 520;
const HEIGHT = 300;
const LEFT = 44;
const RIGHT = 24;
const BOTTOM = 34;
const TOP = 10;

export function successCurve({ results }: ReportData): Html {
  const times = results
    .flatMap(({ status, time_s }) => (status === 'success' ? [time_s] : []))
    .sort((a, b) => a - b);
  const lastS = Math.max(1, ...results.map(({ time_s }) => time_s));
  const x = (timeS: number): number => rounded(LEFT + ((WIDTH - LEFT - RIGHT) * timeS) / lastS, 1);
  const y = (share: number): number => rounded(TOP + (HEIGHT - TOP - BOTTOM) * (1 - share), 1);
  const steps = [...new Set([0, ...times, lastS])].map((timeS) => {
    const done = times.filter((time) => time <= timeS).length;
    const [low, high] = wilson(done, results.length);
    return { timeS, share: done / results.length, low, high };
  });
  const line = (of: (step: (typeof steps)[number]) => number): string[] =>
    steps.flatMap((step, i) => [
      ...(i > 0 ? [`${x(step.timeS)},${y(of(steps[i - 1]))}`] : []),
      `${x(step.timeS)},${y(of(step))}`,
    ]);
  const band = [...line(({ high }) => high), ...line(({ low }) => low).reverse()].join(' ');
  const levels = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      html`<line class="gridline" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(share)}" y2="${y(share)}"/><text x="${LEFT - 8}" y="${y(share) + 4}" text-anchor="end">${100 * share} %</text>`,
  );
  const marks = ticks(lastS).map(
    (timeS) => html`<text x="${x(timeS)}" y="${HEIGHT - 14}" text-anchor="middle">${timeS} s</text>`,
  );
  return html`<section class="card"><h2>Success against time</h2><figure><svg style="max-width:680px" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="share of rollouts that had succeeded by a time">${levels}${marks}<polygon class="range" points="${band}"/><polyline class="curve" points="${line(({ share }) => share).join(' ')}"/></svg><figcaption>Share of all ${results.length} rollouts that had succeeded by a simulated time, with the 95 % Wilson interval.</figcaption></figure></section>`;
}

/** Round times, four to eight of them. */
function ticks(lastS: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((each) => lastS / each <= 7) ?? 1000;
  return Array.from({ length: Math.floor(lastS / step) + 1 }, (_, i) => i * step);
}
