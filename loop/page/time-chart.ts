/** Where the time went: what ran when, in turn and beside a training, and how busy the cores were. */
import { type Html, html } from '../../evaluator/report/html.ts';
import { formatDuration, percent } from '../../runtime/figures.ts';
import { trainsElsewhere } from '../elsewhere.ts';
import { overlapFigures, timeByStage } from '../overlap.ts';
import type { LoopState, StageRecord } from '../state.ts';
import { STAGE_MEANING, stageClass } from './style.ts';

const WIDTH = 1080;
const LEFT = 70;
const LANE = 30;
const GAP = 8;
/** Of the cores, below which a share of the idle time is no figure to go by. */
const LITTLE_IDLE = 0.1;
const TOP = 6;

export function timeCharts(state: LoopState): Html {
  if (state.stages.length === 0) return html``;
  return html`<section class="card"><h2>Time by stage</h2>${timeline(state)}${keys(state)}${stageTable(state)}${overlapText(state)}</section>`;
}

function timeline(state: LoopState): Html {
  const endS = Math.max(1, state.elapsedS);
  const x = (timeS: number): number => Math.round((LEFT + ((WIDTH - LEFT - 8) * timeS) / endS) * 10) / 10;
  const hasBeside = state.stages.some(({ beside }) => beside);
  const height = TOP + (hasBeside ? 2 : 1) * (LANE + GAP) + 22;
  const bars = state.stages.flatMap((record) =>
    record.spans.map(({ fromS, toS }) => bar(record, x(fromS), x(toS ?? endS), (toS ?? endS) - fromS)),
  );
  const lanes = ['in turn', ...(hasBeside ? ['beside'] : [])].map(
    (name, i) =>
      html`<rect class="track" x="${LEFT}" y="${TOP + i * (LANE + GAP)}" width="${WIDTH - LEFT - 8}" height="${LANE}" rx="4"/><text x="0" y="${TOP + i * (LANE + GAP) + 20}">${name}</text>`,
  );
  const marks = ticks(endS).map(
    (timeS) => html`<text x="${x(timeS)}" y="${height - 4}" text-anchor="middle">${tickText(timeS)}</text>`,
  );
  return html`<figure><div class="scroll"><svg style="min-width:560px" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="stages against time">${lanes}${bars}${marks}</svg></div></figure>`;
}

function bar({ request, beside, status }: StageRecord, from: number, to: number, durationS: number): Html {
  const words = `round ${request.round}, ${request.kind}: ${formatDuration(durationS)}${status === 'done' ? '' : ` (${status})`}`;
  const top = TOP + (beside ? LANE + GAP : 0);
  const width = Math.max(1.5, to - from - 1);
  return html`<rect class="${stageClass(request.kind)}" x="${from}" y="${top}" width="${width.toFixed(1)}" height="${LANE}" rx="2" opacity="${status === 'done' ? 1 : 0.45}"><title>${words}</title></rect>`;
}

/** Round times, at most eight. */
function ticks(endS: number): number[] {
  const step = [10, 30, 60, 300, 600, 900, 1800, 3600, 7200].find((each) => endS / each <= 8) ?? 14_400;
  return Array.from({ length: Math.floor(endS / step) + 1 }, (_, i) => i * step);
}

const tickText = (timeS: number): string =>
  timeS === 0 ? '0' : timeS < 60 ? `${timeS} s` : timeS < 3600 ? `${timeS / 60} min` : `${timeS / 3600} h`;

function keys(state: LoopState): Html {
  const kinds = [...new Set(state.stages.map(({ request }) => request.kind))];
  return html`<div class="legend keys">${kinds.map((kind) => html`<span><i class="swatch ${stageClass(kind)}"></i>${kind} <span class="soft small">${STAGE_MEANING[kind]}</span></span>`)}</div>`;
}

function stageTable(state: LoopState): Html {
  const times = timeByStage(state);
  const rows = times.map(
    ({ kind, beside, wallS, cpuS }) =>
      html`<tr><td>${kind}${beside ? html` <span class="soft small">beside</span>` : ''}</td><td class="n">${formatDuration(wallS)}</td><td class="n">${percent(wallS / Math.max(1, state.elapsedS))}</td><td class="n">${cpuS === null ? '' : formatDuration(cpuS)}</td><td class="n">${cpuS === null || wallS === 0 ? '' : (cpuS / wallS).toFixed(2)}</td></tr>`,
  );
  return html`<div class="scroll" style="margin-top:14px"><table><thead><tr><th>stage</th><th class="n">time</th><th class="n">of the whole</th><th class="n">core time</th><th class="n">cores busy</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function overlapText(state: LoopState): Html {
  const { trainingS, idleAloneS, usedBesideS, removedShare, busyShare } = overlapFigures(state);
  if (idleAloneS === null || usedBesideS === null)
    return html`<p class="soft small">Core time could not be read on this system.</p>`;
  const { cores, provider } = state.machine;
  const there = trainsElsewhere(state.machine) ? ` elsewhere (${provider})` : '';
  const crowded = idleAloneS < LITTLE_IDLE * cores * trainingS;
  const removed = removedShare === null ? 'none' : percent(removedShare);
  return html`<p class="small" style="margin-top:12px">Trainings took ${formatDuration(trainingS)}${there} and alone would have left ${formatDuration(idleAloneS)} of core time idle on the ${cores === 1 ? 'core' : `${cores} cores`} here. The next round's data, made beside them, used ${formatDuration(usedBesideS)} of it: <b>${removed} of the idle time removed</b>. ${busyShare === null ? '' : `Over the whole loop its processes kept the cores ${percent(busyShare)} busy.`} <span class="soft">Core time is read from /proc once a second; what other programs used counts for neither.${crowded ? ' They left so little of this machine that the share says little.' : ''}</span></p>`;
}
