/** Why rollouts failed and where. */
import { ARENA_HALF_M, BOX, BOX_OUTER_HALF_M } from '../../sim/tasks/collect-bricks/geometry.ts';
import { againCommand } from './again-command.ts';
import { type Html, html } from './html.ts';
import { LABEL_MEANING, labelClass, labelMark, labelTag } from './label-look.ts';
import { countLabels, percent } from './rates.ts';
import type { ReportData } from './report-data.ts';

export function failureBreakdown({ results }: ReportData): Html {
  const counts = countLabels(results);
  const failed = counts.reduce((sum, { of }) => sum + of.length, 0);
  const rows = counts.map(({ label, of }) => {
    const scenarios = [...new Set(of.map(({ scenario }) => scenario))];
    const where =
      scenarios.slice(0, 4).join(', ') + (scenarios.length > 4 ? ` and ${scenarios.length - 4} more` : '');
    return html`<tr><td>${labelTag(label)}<div class="soft small">${LABEL_MEANING[label]}</div><div class="soft small">in ${where}</div></td><td class="n"><b>${of.length}</b><div class="soft small">${percent(of.length / failed)}</div></td><td style="width:34%"><div class="bar ${labelClass(label)}" style="width:${((100 * of.length) / counts[0].of.length).toFixed(1)}%;background:currentColor"></div></td></tr>`;
  });
  return html`<section class="card"><h2>Why they failed</h2>${
    failed === 0 ? html`<p class="soft">No rollout failed.</p>` : html`<table><tbody>${rows}</tbody></table>`
  }</section>`;
}

/** Floor, grid, walls and box in metres; +x right, +z down, so the box is top left, as in pictures from above. */
export function arenaFloor(): Html {
  const size = 2 * ARENA_HALF_M;
  const lines = [-6, -4, -2, 0, 2, 4, 6].map(
    (at) =>
      html`<line class="gridline" x1="${at}" y1="${-ARENA_HALF_M}" x2="${at}" y2="${ARENA_HALF_M}"/><line class="gridline" y1="${at}" x1="${-ARENA_HALF_M}" y2="${at}" x2="${ARENA_HALF_M}"/>`,
  );
  const square = html`x="${-ARENA_HALF_M}" y="${-ARENA_HALF_M}" width="${size}" height="${size}"`;
  return html`<rect class="floor" ${square}/>${lines}<rect class="wall" ${square}/><rect class="box" x="${BOX.centreXM - BOX_OUTER_HALF_M}" y="${BOX.centreZM - BOX_OUTER_HALF_M}" width="${2 * BOX_OUTER_HALF_M}" height="${2 * BOX_OUTER_HALF_M}"/><rect class="floor" x="${BOX.centreXM - BOX.innerHalfM}" y="${BOX.centreZM - BOX.innerHalfM}" width="${2 * BOX.innerHalfM}" height="${2 * BOX.innerHalfM}"/>`;
}

export const ARENA_VIEW_BOX = `${-ARENA_HALF_M - 0.3} ${-ARENA_HALF_M - 0.3} ${2 * ARENA_HALF_M + 0.6} ${2 * ARENA_HALF_M + 0.6}`;

export function failureMap({ results }: ReportData): Html {
  const marks = results.map(({ failure, condition }) =>
    failure
      ? labelMark(
          failure.label,
          failure.x_m,
          failure.z_m,
          0.2,
          `${condition}: ${failure.label} at ${failure.time_s.toFixed(1)} s, ${failure.evidence}`,
        )
      : '',
  );
  const legend = countLabels(results).map(
    ({ label, of }) => html`<span>${labelTag(label)} <span class="soft small">${of.length}</span></span>`,
  );
  return html`<section class="card"><h2>Where they failed</h2><figure><svg viewBox="${ARENA_VIEW_BOX}" role="img" aria-label="places of failures in the arena, seen from above">${arenaFloor()}${marks}</svg><div class="legend">${legend}</div><figcaption>The arena from above, 16 m by 16 m, the box top left; a mark is where the failure shows best.</figcaption></figure></section>`;
}

function conditionCell(condition: string, again: string | undefined): Html {
  if (again === undefined) return html`<code>${condition}</code>`;
  return html`<details><summary><code>${condition}</code></summary><code class="again">${again}</code></details>`;
}

/** Every failure and error with its condition, for whoever aims the next data. */
export function conditionList({ results, run }: ReportData): Html {
  const open = results.filter(({ status }) => status !== 'success');
  if (open.length === 0) return html``;
  const rows = open.map(
    ({ condition, scenario, seed, slot, failure, error }) =>
      html`<tr><td>${conditionCell(condition, againCommand(run, condition))}</td><td>${scenario}</td><td class="n">${seed}</td><td class="n">${slot}</td><td>${failure ? labelTag(failure.label) : html`<span class="no">error</span>`}</td><td class="n">${failure ? `${failure.time_s.toFixed(1)} s` : ''}</td><td class="small">${failure ? failure.evidence : error}</td></tr>`,
  );
  return html`<section class="card"><h2>Conditions that failed</h2><details><summary>${open.length} conditions, each with its scenario, seed and slot; click on one for the command that drives it again</summary><div class="scroll"><table><thead><tr><th>condition</th><th>scenario</th><th class="n">seed</th><th class="n">slot</th><th>label</th><th class="n">at</th><th>evidence</th></tr></thead><tbody>${rows}</tbody></table></div></details></section>`;
}
