/** A loop as one page: no scripts, nothing loaded, everything inside. */

import { type Html, html } from '../../evaluator/report/html.ts';
import { STYLE } from '../../evaluator/report/style.ts';
import { formatDuration, percent } from '../../runtime/figures.ts';
import { htmlPage } from '../../runtime/html-page.ts';
import { bestOf } from '../improvement.ts';
import { judgedRounds } from '../round-stages.ts';
import { doneStages, type LoopState } from '../state.ts';
import { dataTables, failureTable, scenarioTable } from './data-tables.ts';
import { LOOP_STYLE } from './style.ts';
import { roundTable, successChart } from './success-chart.ts';
import { timeCharts } from './time-chart.ts';

export const PAGE_FILE = 'loop.html';

/** @param name of the loop, such as its folder's */
export function loopPage(name: string, state: LoopState): string {
  const body = html`<main><header><p class="soft small">loop</p><h1>${name}</h1></header>
${headline(state)}
${successChart(state)}
${roundTable(state)}
${failureTable(state)}
${scenarioTable(state)}
${dataTables(state)}
${timeCharts(state)}
${troubles(state)}
${provenance(state)}
</main>`;
  return htmlPage({ title: `${name}: loop`, style: STYLE + LOOP_STYLE, body: body.text });
}

function headline(state: LoopState): Html {
  const judged = judgedRounds(state);
  const best = bestOf(judged);
  const tile = (value: string, words: string): Html =>
    html`<div><b>${value}</b><span class="soft small">${words}</span></div>`;
  const final = best && doneStages(state, 'confirm').find(({ request }) => request.round === best.round);
  const shown = final?.facts ?? best?.facts;
  const rate = shown ? (100 * shown.successes) / Math.max(1, shown.episodes) : undefined;
  const words = !best
    ? html`<p>No policy has been rolled out on the held-out starts yet.</p>`
    : final
      ? html`<p>The best policy, of <b>round ${best.round}</b>, succeeded in <b>${final.facts.successes} of ${final.facts.episodes}</b> rollouts on starts that had no part in choosing it.</p><p class="soft small">95 % Wilson interval ${percent(final.facts.wilson[0])} to ${percent(final.facts.wilson[1])}; on the held-out starts, which chose it, ${best.facts.successes} of ${best.facts.episodes}.</p>`
      : html`<p>The best policy so far, of <b>round ${best.round}</b>, succeeded in <b>${best.facts.successes} of ${best.facts.episodes}</b> held-out rollouts.</p><p class="soft small">95 % Wilson interval ${percent(best.facts.wilson[0])} to ${percent(best.facts.wilson[1])}; these rollouts chose it, so it is a little too high.</p>`;
  const first = judged[0]?.record.spans.at(-1)?.toS;
  const fresh = [...doneStages(state, 'fresh'), ...doneStages(state, 'corrections')];
  const episodes = fresh.reduce((sum, { facts }) => sum + facts.episodes, 0);
  const steps = doneStages(state, 'train').reduce((sum, { facts }) => sum + facts.steps, 0);
  return html`<section class="card headline">
<div class="rate">${rate === undefined ? '–' : rate.toFixed(1)}<small> %</small></div>
<div>${words}<p class="soft small">${state.ending ? `It stopped: ${state.ending.sentence}.` : 'It is not over.'}</p></div>
<div class="tiles">${tile(String(judged.length), 'rounds')}${tile(formatDuration(state.elapsedS), 'active time')}${first ? tile(formatDuration(first), 'until the first held-out rate') : ''}${tile(episodes.toLocaleString('en'), 'episodes made')}${tile(steps.toLocaleString('en'), 'training steps')}</div></section>`;
}

/** What did not go as it should have. */
function troubles(state: LoopState): Html {
  const unusable = state.stages.filter(({ status }) => status === 'unusable');
  if (unusable.length === 0) return html``;
  const rows = unusable.map(({ request, message }) => {
    const lr = request.kind === 'train' ? `, learning rate ${request.lr}` : '';
    return html`<dt>round ${request.round}, ${request.kind}${lr}</dt><dd>${message}</dd>`;
  });
  return html`<section class="card"><h2>Diverged or left out</h2><dl class="small">${rows}</dl></section>`;
}

function provenance(state: LoopState): Html {
  const { content, limits, machine, madeWith } = state;
  const rows = Object.entries({ ...madeWith, ...content, ...limits, ...machine }).map(
    ([name, value]) =>
      html`<dt>${name}</dt><dd>${Array.isArray(value) ? value.join(' ') || 'none' : String(value ?? 'none')}</dd>`,
  );
  const fingerprints = [...doneStages(state, 'fresh'), ...doneStages(state, 'corrections')].map(
    ({ request, facts }) =>
      html`<dt>${request.out}</dt><dd>seed ${request.seed}, fingerprint <code>${facts.fingerprint ?? 'none'}</code></dd>`,
  );
  const policies = judgedRounds(state).map(
    ({ round, request, facts }) =>
      html`<dt>round ${round}</dt><dd><code>${request.policy}</code>, held-out conditions <code>${facts.suiteHash}</code></dd>`,
  );
  return html`<section class="card"><h2>How this was made</h2><dl class="small">${rows}</dl><details><summary>datasets and policies</summary><dl class="small">${fingerprints}${policies}</dl></details></section>`;
}
