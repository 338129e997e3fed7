/** Why rollouts failed and where. */

import { percent } from '../../runtime/figures.ts';
import { DEFAULT_TASK, taskNamed } from '../../sim/engine/task-registry.ts';
import { againCommand } from './again-command.ts';
import { type Html, html } from './html.ts';
import { labelClass, labelMark, labelMeaning, labelTag } from './label-look.ts';
import { countLabels } from './rates.ts';
import { type ReportData, taskOfRun } from './report-data.ts';
import { mapGround, mapViewBox } from './task-map.ts';

export function failureBreakdown({ results }: ReportData): Html {
  const counts = countLabels(results);
  const failed = counts.reduce((sum, { of }) => sum + of.length, 0);
  const rows = counts.map(({ label, of }) => {
    const scenarios = [...new Set(of.map(({ scenario }) => scenario))];
    const where =
      scenarios.slice(0, 4).join(', ') + (scenarios.length > 4 ? ` and ${scenarios.length - 4} more` : '');
    return html`<tr><td>${labelTag(label)}<div class="soft small">${labelMeaning(label)}</div><div class="soft small">in ${where}</div></td><td class="n"><b>${of.length}</b><div class="soft small">${percent(of.length / failed)}</div></td><td style="width:34%"><div class="bar ${labelClass(label)}" style="width:${((100 * of.length) / counts[0].of.length).toFixed(1)}%;background:currentColor"></div></td></tr>`;
  });
  return html`<section class="card"><h2>Why they failed</h2>${
    failed === 0 ? html`<p class="soft">No rollout failed.</p>` : html`<table><tbody>${rows}</tbody></table>`
  }</section>`;
}

export function failureMap({ results, run }: ReportData): Html {
  const { map } = taskNamed(taskOfRun(run) ?? DEFAULT_TASK);
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
  return html`<section class="card"><h2>Where they failed</h2><figure><svg viewBox="${mapViewBox(map)}" role="img" aria-label="places of failures in the arena, seen from above">${mapGround(map)}${marks}</svg><div class="legend">${legend}</div><figcaption>The arena from above, ${2 * map.halfM} m by ${2 * map.halfM} m; a mark is where the failure shows best.</figcaption></figure></section>`;
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
