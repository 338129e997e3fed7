/** Success on the held-out conditions by round, with intervals; and the same as a table. */
import { type Html, html } from '../../evaluator/report/html.ts';
import { pairedDifferenceInterval } from '../../evaluator/statistics/paired.ts';
import { percent } from '../../runtime/figures.ts';
import { bestOf, countPairs } from '../improvement.ts';
import { judgedRounds, trainingOf } from '../round-stages.ts';
import type { RolloutFacts } from '../stages.ts';
import { doneStages, type LoopState } from '../state.ts';

const WIDTH = 1080;
const HEIGHT = 320;
const LEFT = 52;
const RIGHT = 24;
const TOP = 14;
const BOTTOM = 40;

const y = (share: number): number => at(TOP + (HEIGHT - TOP - BOTTOM) * (1 - share));
const at = (value: number): number => Math.round(value * 10) / 10;

export function successChart(state: LoopState): Html {
  const judged = judgedRounds(state);
  if (judged.length === 0)
    return html`<section class="card"><h2>Success by round</h2><p class="soft">No round has been rolled out on the held-out starts yet.</p></section>`;
  const best = bestOf(judged)!;
  const final = doneStages(state, 'confirm').find(({ request }) => request.round === best.round);
  const step = (WIDTH - LEFT - RIGHT) / Math.max(judged.length, 4);
  const x = (place: number): number => at(LEFT + step * (place + 0.5));
  const line = judged.map(({ facts }, i) => `${x(i)},${y(rateOf(facts))}`).join(' ');
  const levels = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      html`<line class="gridline" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(share)}" y2="${y(share)}"/><text x="${LEFT - 8}" y="${y(share) + 4}" text-anchor="end">${100 * share} %</text>`,
  );
  const marks = judged.map(({ round, facts }, i) => {
    const words = `round ${round}: ${facts.successes} of ${facts.episodes}, ${interval(facts)}`;
    const ring =
      round === best.round
        ? html`<circle class="bestmark" cx="${x(i)}" cy="${y(rateOf(facts))}" r="10"/>`
        : '';
    return html`<g><title>${words}</title>${whisker(x(i), facts, 'whisker')}${ring}<circle class="dotmark" cx="${x(i)}" cy="${y(rateOf(facts))}" r="5.5"/><text x="${x(i)}" y="${HEIGHT - 20}" text-anchor="middle">${round}</text></g>`;
  });
  const bestX = x(judged.findIndex(({ round }) => round === best.round)) + Math.min(26, step / 3);
  const reported = final
    ? html`<g><title>round ${best.round} on starts that chose nothing: ${interval(final.facts)}</title>${whisker(bestX, final.facts, 'finalwhisker')}<circle class="final" cx="${bestX}" cy="${y(rateOf(final.facts))}" r="5.5"/></g>`
    : '';
  const { target } = state.limits;
  const goal =
    target === null
      ? ''
      : html`<line class="target" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(target)}" y2="${y(target)}"/>`;
  return html`<section class="card"><h2>Success by round</h2><figure><div class="scroll"><svg style="min-width:560px" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="success rate on the held-out starts by round">${levels}${goal}<polyline class="curve" points="${line}"/>${marks}${reported}<text x="${at((LEFT + WIDTH - RIGHT) / 2)}" y="${HEIGHT - 3}" text-anchor="middle">round</text></svg></div><figcaption>Share of the ${judged[0].facts.episodes} held-out starts, the same for every round, that succeeded, with the 95 % Wilson interval; the ring is the best.${final ? ` Blue: the best on ${final.facts.episodes} other starts, which chose nothing.` : ''}${target === null ? '' : ` The broken line is the target, ${percent(target)}: reached when the lower end of an interval is above it.`}</figcaption></figure></section>`;
}

const rateOf = ({ successes, episodes }: RolloutFacts): number => successes / Math.max(1, episodes);

export const interval = (facts: RolloutFacts): string =>
  `${percent(rateOf(facts))}, 95 % interval ${percent(facts.wilson[0])} to ${percent(facts.wilson[1])}`;

function whisker(x: number, { wilson: [low, high] }: RolloutFacts, name: string): Html {
  const ends = [low, high].map(
    (end) => html`<line class="${name}" x1="${x - 6}" x2="${x + 6}" y1="${y(end)}" y2="${y(end)}"/>`,
  );
  return html`<line class="${name}" x1="${x}" x2="${x}" y1="${y(low)}" y2="${y(high)}"/>${ends}`;
}

export function roundTable(state: LoopState): Html {
  const judged = judgedRounds(state);
  if (judged.length === 0) return html``;
  const best = bestOf(judged)!;
  const anyErrors = judged.some(({ facts }) => facts.errors > 0);
  const rows = judged.map(({ round, facts }, i) => {
    const before = bestOf(judged.slice(0, i));
    const training = trainingOf(state, round);
    const request = training?.request;
    const frames = framesOf(state, round);
    const paired = before ? countPairs(before.facts.outcomes, facts.outcomes) : undefined;
    const [low, high] = paired ? pairedDifferenceInterval(paired) : [0, 0];
    const gain = paired
      ? html`+${paired.gained} −${paired.lost}<div class="soft small">${points(low)} to ${points(high)}</div>`
      : '';
    const mark = round === best.round ? 'n best' : 'n';
    return html`<tr><td>${round}</td><td class="${mark}">${facts.successes} / ${facts.episodes}</td><td class="${mark}">${percent(rateOf(facts))}</td><td class="n soft">${percent(facts.wilson[0])} – ${percent(facts.wilson[1])}</td><td class="n">${gain}</td>${anyErrors ? html`<td class="n">${facts.errors || ''}</td>` : ''}<td class="n">${count(frames)}</td><td class="n">${count(request?.steps)}</td><td class="n">${request?.lr ?? ''}${request && request.attempt > 1 ? html`<div class="no small">attempt ${request.attempt}</div>` : ''}</td><td class="n">${startText(request?.initFrom)}</td><td class="n">${training?.facts.lossLast?.toPrecision(3) ?? ''}</td></tr>`;
  });
  return html`<section class="card"><h2>Rounds</h2><div class="scroll"><table><thead><tr><th>round</th><th class="n">succeeded</th><th class="n">rate</th><th class="n">95 % interval</th><th class="n">against the best before</th>${anyErrors ? html`<th class="n">errors</th>` : ''}<th class="n">frames</th><th class="n">steps</th><th class="n">learning rate</th><th class="n">from</th><th class="n">loss</th></tr></thead><tbody>${rows}</tbody></table></div><p class="soft small">Against the best before: starts gained and lost, and the 95 % interval of the difference in points. Frames: all that the training learned from.</p></section>`;
}

const points = (share: number): string =>
  `${share > 0 ? '+' : ''}${(100 * share).toFixed(1)}`.replace('-', '−');
const count = (value: number | undefined): string => (value === undefined ? '' : value.toLocaleString('en'));

function startText(initFrom: string | null | undefined): string {
  if (initFrom === undefined) return '';
  if (initFrom === null) return 'scratch';
  const round = /^rounds\/(\d+)/.exec(initFrom)?.[1];
  return round === undefined ? '--init-from' : `round ${Number(round)}`;
}

/** Of the dataset that a round's training learned from. */
function framesOf(state: LoopState, round: number): number | undefined {
  const merged = doneStages(state, 'merge').find(({ request }) => request.round === round);
  const first = doneStages(state, 'fresh').find(({ request }) => request.round === round);
  return (merged ?? first)?.facts.frames;
}
