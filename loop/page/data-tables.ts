/** What data each round added, by who drove and by scenario; and how the policies failed, by label. */
import { type Html, html } from '../../evaluator/report/html.ts';
import { labelIndex, labelMeaning, labelTag } from '../../evaluator/report/label-look.ts';
import { judgedRounds } from '../round-stages.ts';
import type { DataFacts } from '../stages.ts';
import { doneStages, type LoopState } from '../state.ts';

interface Addition {
  round: number;
  part: 'fresh' | 'corrections';
  facts: DataFacts;
}

function additions(state: LoopState): Addition[] {
  return (['fresh', 'corrections'] as const)
    .flatMap((part) =>
      doneStages(state, part).map(({ request, facts }) => ({ round: request.round, part, facts })),
    )
    .sort((a, b) => a.round - b.round);
}

const number = (value: number): string => value.toLocaleString('en');

/** A cell whose shade is its share of the largest. */
function heat(value: number, most: number, color: string, small = ''): Html {
  if (value === 0) return html`<td class="heat soft" style="--share:0;--heat:transparent">·</td>`;
  return html`<td class="heat" style="--share:${(value / Math.max(1, most)).toFixed(3)};--heat:var(${color})">${number(value)}${small ? html` <small>${small}</small>` : ''}</td>`;
}

export function dataTables(state: LoopState): Html {
  const added = additions(state);
  if (added.length === 0) return html``;
  const rounds = [...new Set(added.map(({ round }) => round))];
  const entries = added.flatMap(({ round, facts }) => facts.by.map((entry) => ({ round, ...entry })));
  return html`<section class="card"><h2>Data added by kind</h2>${table(entries, rounds, 'source')}<p class="soft small">Episodes and, smaller, thousands of frames. Kinds are who drove: an episode may have several.</p></section>
<section class="card"><h2>Data added by scenario</h2>${table(entries, rounds, 'scenario')}</section>`;
}

interface Entry {
  round: number;
  source: string;
  scenario: string;
  episodes: number;
  frames: number;
}

function table(entries: readonly Entry[], rounds: readonly number[], key: 'source' | 'scenario'): Html {
  const names = [...new Set(entries.map((entry) => entry[key]))].sort();
  const total = (of: readonly Entry[]) => ({
    episodes: of.reduce((sum, { episodes }) => sum + episodes, 0),
    frames: of.reduce((sum, { frames }) => sum + frames, 0),
  });
  const cell = (name: string | null, round: number | null) =>
    total(
      entries.filter(
        (entry) => (name === null || entry[key] === name) && (round === null || entry.round === round),
      ),
    );
  const most = Math.max(...names.flatMap((name) => rounds.map((round) => cell(name, round).episodes)));
  const thousands = (frames: number): string => `${(frames / 1000).toFixed(1)}k`;
  const row = (name: string | null) => {
    const all = cell(name, null);
    const cells = rounds.map((round) => {
      const { episodes, frames } = cell(name, round);
      return heat(episodes, name === null ? Number.POSITIVE_INFINITY : most, '--accent', thousands(frames));
    });
    return html`<tr class="${name === null ? 'total' : ''}"><td>${name ?? 'all'}</td>${cells}<td class="n">${number(all.episodes)} <span class="soft small">${thousands(all.frames)}</span></td></tr>`;
  };
  return html`<div class="scroll"><table><thead><tr><th>${key === 'source' ? 'driven by' : 'scenario'}</th>${rounds.map((round) => html`<th class="n">round ${round}</th>`)}<th class="n">all</th></tr></thead><tbody>${names.map(row)}${names.length > 1 ? row(null) : ''}</tbody></table></div>`;
}

/** On the held-out starts, so that rounds are comparable. */
export function failureTable(state: LoopState): Html {
  const judged = judgedRounds(state);
  if (judged.length === 0) return html``;
  const labels = [...new Set(judged.flatMap(({ facts }) => Object.keys(facts.failures)))];
  if (labels.length === 0)
    return html`<section class="card"><h2>Failures by label</h2><p class="soft">No held-out rollout failed.</p></section>`;
  const most = Math.max(...judged.flatMap(({ facts }) => Object.values(facts.failures)));
  const sorted = labels.toSorted(
    (a, b) => sumOf(judged, b) - sumOf(judged, a) || labelIndex(a) - labelIndex(b),
  );
  const rows = sorted.map(
    (label) =>
      html`<tr><td>${labelTag(label)}<div class="soft small">${labelMeaning(label)}</div></td>${judged.map(({ facts }) => heat(facts.failures[label] ?? 0, most, '--bad'))}</tr>`,
  );
  return html`<section class="card"><h2>Failures by label</h2><div class="scroll"><table><thead><tr><th>label</th>${judged.map(({ round }) => html`<th class="n">round ${round}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div><p class="soft small">Of the held-out starts, the same in every round. The next data is aimed by other rollouts, so these stay a test.</p></section>`;
}

const sumOf = (judged: readonly { facts: { failures: Record<string, number> } }[], label: string): number =>
  judged.reduce((sum, { facts }) => sum + (facts.failures[label] ?? 0), 0);

/** Success by scenario and round, on the held-out starts. */
export function scenarioTable(state: LoopState): Html {
  const judged = judgedRounds(state);
  const names = [...new Set(judged.flatMap(({ facts }) => Object.keys(facts.byScenario)))].sort();
  if (names.length < 2) return html``;
  const rows = names.map((name) => {
    const cells = judged.map(({ facts }) => {
      const { episodes, successes } = facts.byScenario[name] ?? { episodes: 0, successes: 0 };
      if (episodes === 0) return html`<td class="heat soft" style="--share:0;--heat:transparent">·</td>`;
      return html`<td class="heat" style="--share:${(successes / episodes).toFixed(3)};--heat:var(--good)">${successes} <small>of ${episodes}</small></td>`;
    });
    return html`<tr><td>${name}</td>${cells}</tr>`;
  });
  return html`<section class="card"><h2>Success by scenario</h2><div class="scroll"><table><thead><tr><th>scenario</th>${judged.map(({ round }) => html`<th class="n">round ${round}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div></section>`;
}
