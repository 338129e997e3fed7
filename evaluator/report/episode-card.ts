/** One episode in full: video, path from above, traces of actions and states. */
import { thingsOf } from '../../rollouts/results.ts';
import { rounded } from '../../runtime/figures.ts';
import { taskOf } from '../../sim/engine/task-registry.ts';
import { againCommand } from './again-command.ts';
import { Html, html } from './html.ts';
import { labelMark, labelTag } from './label-look.ts';
import type { EpisodeVideo, ReportData, ShownEpisode } from './report-data.ts';
import { mapGround, mapShape, mapViewBox } from './task-map.ts';

export function episodeCards({ run }: ReportData, episodes: readonly ShownEpisode[], note: string): Html {
  if (episodes.length === 0 && note === '') return html``;
  return html`<section style="margin-top:18px"><h2>Episodes</h2>${note ? html`<p class="soft small">${note}</p>` : ''}<div class="episodes">${episodes.map((episode) => episodeCard(episode, againCommand(run, episode.result.condition)))}</div></section>`;
}

function episodeCard(episode: ShownEpisode, again: string | undefined): Html {
  const { result, video, trajectory } = episode;
  const { failure, condition, scenario, time_s, path_m, delivered } = result;
  const { thing, robot } = taskOf(trajectory.start);
  const things = thingsOf(result);
  const verdict = failure ? labelTag(failure.label) : html`<span class="ok">success</span>`;
  const what = failure
    ? `${failure.time_s.toFixed(1)} s: ${failure.evidence}`
    : `all ${things} ${things === 1 ? thing.one : thing.many} delivered after ${time_s.toFixed(1)} s`;
  return html`<article class="card"><div>${verdict} <b>${scenario}</b> <code class="soft">${condition}</code></div>
<p class="small">${what}</p>
<div class="views">${video ? videoOf(video, `camera of the ${robot.noun}, ${scenario}`) : html`<div class="soft small">no video</div>`}${pathView(episode)}</div>
${traces(episode)}
<p class="soft small">${delivered} of ${things} delivered, ${path_m.toFixed(1)} m driven, ${result.queries} policy queries</p>${again ? html`<details class="small"><summary>drive it again</summary><code class="again">${again}</code></details>` : ''}</article>`;
}

function videoOf({ mp4, fromS, toS }: EpisodeVideo, label: string): Html {
  const source = new Html(Buffer.from(mp4).toString('base64')); // base64 holds nothing to escape
  return html`<figure><video controls muted playsinline preload="auto" aria-label="${label}" src="data:video/mp4;base64,${source}"></video><figcaption>${fromS.toFixed(0)} s to ${toS.toFixed(0)} s</figcaption></figure>`;
}

function pathView({ result, trajectory }: ShownEpisode): Html {
  const { start, poses, frames } = trajectory;
  const task = taskOf(start);
  const size = task.poseSize(start);
  const [xM, zM] = task.startPoses(start);
  const points = thinned(frames).map(
    (frame) => `${rounded(poses[frame * size], 2)},${rounded(poses[frame * size + 1], 2)}`,
  );
  const { failure } = result;
  return html`<figure><svg viewBox="${mapViewBox(task.map)}" role="img" aria-label="path of the ${task.robot.name}, seen from above">${mapGround(task.map)}${task.map.things(start).map(mapShape)}<polyline class="path" points="${points.join(' ')}"/><circle class="start" cx="${rounded(xM, 2)}" cy="${rounded(zM, 2)}" r="0.28"/>${failure ? labelMark(failure.label, failure.x_m, failure.z_m, 0.32) : ''}</svg><figcaption>path from the ring</figcaption></figure>`;
}

/** At most 400 frames, evenly spread, first and last among them. */
function thinned(frames: number): number[] {
  const count = Math.min(frames, 400);
  return Array.from({ length: count }, (_, i) => Math.round((i * (frames - 1)) / Math.max(1, count - 1)));
}

/** Room for the names. */
const TRACE_LEFT = 112;
/** A number that moves by less than this is drawn as still: rounding is no news. */
const LEAST_SPAN = 0.05;

function traces({ result, trajectory }: ShownEpisode): Html {
  const { frames, fps, executedActions, states, stateNames } = trajectory;
  const { actionNames } = taskOf(trajectory.start).robot;
  const kept = thinned(frames);
  const lastS = Math.max(0.1, frames / fps);
  const series = [
    ...actionNames.map((name, i) => ({
      name,
      low: -1,
      high: 1,
      values: kept.map((frame) => executedActions[frame * actionNames.length + i]),
    })),
    ...stateNames.map((name, i) => {
      const values = kept.map((frame) => states[frame * stateNames.length + i]);
      const finite = values.filter(Number.isFinite);
      return { name, low: Math.min(...finite), high: Math.max(...finite), values };
    }),
  ];
  const at = result.failure ? rounded(TRACE_LEFT + (400 * result.failure.time_s) / lastS, 2) : undefined;
  const rows = series.map(({ name, low, high, values }, row) => {
    const top = row * 26;
    const span = Math.max(LEAST_SPAN, high - low);
    const points = values.map(
      (value, i) =>
        `${rounded(TRACE_LEFT + (400 * kept[i]) / fps / lastS, 2)},${rounded(top + 22 - (18 * (value - low)) / span, 2)}`,
    );
    return html`<line class="gridline" x1="${TRACE_LEFT}" x2="${TRACE_LEFT + 400}" y1="${top + 23}" y2="${top + 23}"/><text x="${TRACE_LEFT - 8}" y="${top + 17}" text-anchor="end">${name}</text><polyline class="trace" points="${points.filter((point) => !point.includes('NaN')).join(' ')}"/><text x="${TRACE_LEFT + 406}" y="${top + 10}" style="font-size:9px">${label(high)}</text><text x="${TRACE_LEFT + 406}" y="${top + 22}" style="font-size:9px">${label(low)}</text>`;
  });
  const height = series.length * 26;
  return html`<figure><svg viewBox="0 0 ${TRACE_LEFT + 434} ${height + 16}" role="img" aria-label="actions and states against time">${rows}${at === undefined ? '' : html`<line class="moment" x1="${at}" x2="${at}" y1="0" y2="${height}"/>`}<text x="${TRACE_LEFT}" y="${height + 13}">0 s</text><text x="${TRACE_LEFT + 400}" y="${height + 13}" text-anchor="end">${lastS.toFixed(1)} s</text></svg></figure>`;
}

const label = (value: number): string => (Number.isFinite(value) ? String(Number(value.toFixed(1))) : '');
