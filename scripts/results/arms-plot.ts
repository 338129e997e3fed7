/** The arms as an SVG picture: a row an arm, a dot a training, and the interval over starts of all of them. */
import { type Html, html } from '../../evaluator/report/html.ts';
import { wilson } from '../../evaluator/statistics/wilson.ts';
import type { Arm, ArmsFile } from './arms-file.ts';

const WIDTH = 900;
const LEFT = 260;
const RIGHT = 70;
const ROW = 46;
const TOP = 54;
const BOTTOM = 44;

export function armsPlot({ title, arms }: ArmsFile): string {
  const height = TOP + ROW * arms.length + BOTTOM;
  const x = (share: number): number => Math.round((LEFT + (WIDTH - LEFT - RIGHT) * share) * 10) / 10;
  const grid = [0, 0.2, 0.4, 0.6, 0.8, 1].map(
    (share) =>
      html`<line x1="${x(share)}" x2="${x(share)}" y1="${TOP}" y2="${height - BOTTOM}" stroke="#d6d9de"/><text x="${x(share)}" y="${height - BOTTOM + 20}" text-anchor="middle" fill="#57606a">${Math.round(100 * share)} %</text>`,
  );
  const rows = arms.map((arm, k) => row(arm, TOP + ROW * (k + 0.5), x));
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="15" role="img" aria-label="${title}"><rect width="${WIDTH}" height="${height}" rx="8" fill="#ffffff"/><text x="20" y="32" font-size="17" font-weight="600" fill="#1f2328">${title}</text>${grid}${rows}</svg>\n`
    .text;
}

function row({ name, trainings }: Arm, y: number, x: (share: number) => number): Html {
  const solved = trainings.reduce((sum, { successes }) => sum + successes, 0);
  const tried = trainings.reduce((sum, { episodes }) => sum + episodes, 0);
  const [low, high] = wilson(solved, tried);
  // Beside whatever lies furthest right: a training's seed may carry it past the interval over starts.
  const end = Math.max(high, ...trainings.map(({ successes, episodes }) => successes / episodes + 0.005));
  const dots = trainings.map(
    ({ name: training, successes, episodes }) =>
      html`<circle cx="${x(successes / episodes)}" cy="${y}" r="6" fill="#1f6feb" fill-opacity="0.75" stroke="#ffffff" stroke-width="1.5"><title>${training}: ${successes} of ${episodes}</title></circle>`,
  );
  return html`<text x="${LEFT - 14}" y="${y + 5}" text-anchor="end" fill="#1f2328">${name}</text><line x1="${x(low)}" x2="${x(high)}" y1="${y}" y2="${y}" stroke="#54aeff" stroke-width="7" stroke-linecap="round" stroke-opacity="0.45"/>${dots}<text x="${x(end) + 12}" y="${y + 5}" fill="#57606a">${((100 * solved) / tried).toFixed(0)} %</text>`;
}
