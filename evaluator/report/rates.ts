/** Headline and table: success rates with their intervals. */
import { type RolloutResult, thingsOf } from '../../rollouts/results.ts';
import { percent } from '../../runtime/figures.ts';
import { DEFAULT_TASK, taskNamed } from '../../sim/engine/task-registry.ts';
import { wilson } from '../statistics/wilson.ts';
import { type Html, html } from './html.ts';
import { labelTag } from './label-look.ts';
import { type ReportData, taskOfRun } from './report-data.ts';

interface Rate {
  episodes: number;
  successes: number;
  errors: number;
  low: number;
  high: number;
}

/** An error counts as an episode and never as a success: missing is not succeeding. */
export function rateOf(results: readonly RolloutResult[]): Rate {
  const successes = results.filter(({ status }) => status === 'success').length;
  const errors = results.filter(({ status }) => status === 'error').length;
  const [low, high] = wilson(successes, results.length);
  return { episodes: results.length, successes, errors, low, high };
}

/** The rate as a point on 0 to 100 %, with its interval as a band. */
function intervalBar({ episodes, successes, low, high }: Rate, kind: string): Html {
  const rate = successes / Math.max(1, episodes);
  const words = `${percent(rate)}, 95 % interval ${percent(low)} to ${percent(high)}`;
  return html`<svg class="${kind}" viewBox="0 0 200 16" preserveAspectRatio="none" role="img" aria-label="${words}"><title>${words}</title><rect class="track" x="0" y="5" width="200" height="6" rx="3"/><rect class="range" x="${200 * low}" y="2" width="${Math.max(1, 200 * (high - low))}" height="12" rx="3"/><rect class="point" x="${Math.min(197, Math.max(0, 200 * rate - 1.5))}" y="0" width="3" height="16" rx="1"/></svg>`;
}

export function headline({ results, summary, run }: ReportData): Html {
  const rate = rateOf(results);
  const share = rate.successes / rate.episodes;
  const { thing } = taskNamed(taskOfRun(run) ?? DEFAULT_TASK);
  const things = sum(results, thingsOf);
  const delivered = sum(results, ({ delivered }) => delivered);
  const won = results.filter(({ status }) => status === 'success');
  const suite = typeof summary.suite === 'string' ? summary.suite : 'its conditions';
  const tile = (value: string, name: string): Html =>
    html`<div><b>${value}</b><span class="soft small">${name}</span></div>`;
  return html`<section class="card headline">
<div class="rate">${(100 * share).toFixed(1)}<small> %</small></div>
<div><p><b>${rate.successes} of ${rate.episodes}</b> rollouts succeeded on ${suite}.</p>
${intervalBar(rate, 'wide')}
<p class="soft small">95 % Wilson interval: ${percent(rate.low)} to ${percent(rate.high)}</p></div>
<div class="tiles">
${tile(`${delivered} of ${things}`, `${thing.many} delivered`)}
${won.length > 0 ? tile(`${(sum(won, ({ time_s }) => time_s) / won.length).toFixed(1)} s`, 'mean time of a success') : ''}
${tile(`${(sum(results, ({ path_m }) => path_m) / rate.episodes).toFixed(1)} m`, 'mean path')}
${tile(String(results.filter(({ status }) => status === 'failure').length), 'failures')}
${tile(String(rate.errors), 'errors (crash or hang; counted as no success)')}
</div></section>`;
}

const sum = (results: readonly RolloutResult[], of: (result: RolloutResult) => number): number =>
  results.reduce((total, result) => total + of(result), 0);

export function scenarioTable({ results }: ReportData): Html {
  const names = [...new Set(results.map(({ scenario }) => scenario))].sort();
  const rows = names.map((name) => {
    const of = results.filter(({ scenario }) => scenario === name);
    const rate = rateOf(of);
    const label = mostFrequent(of);
    return html`<tr><td>${name}</td><td class="n">${rate.successes} / ${rate.episodes}</td><td class="n"><b>${percent(rate.successes / rate.episodes)}</b></td><td>${intervalBar(rate, 'interval')}</td><td class="n soft">${percent(rate.low)} – ${percent(rate.high)}</td><td class="n">${rate.errors || ''}</td><td>${label ? labelTag(label) : ''}</td></tr>`;
  });
  return html`<section class="card"><h2>By scenario</h2><div class="scroll"><table>
<thead><tr><th>scenario</th><th class="n">succeeded</th><th class="n">rate</th><th></th><th class="n">95 % interval</th><th class="n">errors</th><th>most frequent failure</th></tr></thead>
<tbody>${rows}</tbody></table></div></section>`;
}

function mostFrequent(results: readonly RolloutResult[]) {
  return countLabels(results)[0]?.label;
}

/** Labels with their results, the most frequent first. */
export function countLabels(results: readonly RolloutResult[]) {
  const labels = [...new Set(results.flatMap(({ failure }) => (failure ? [failure.label] : [])))].sort();
  return labels
    .map((label) => ({ label, of: results.filter(({ failure }) => failure?.label === label) }))
    .sort((a, b) => b.of.length - a.of.length);
}
