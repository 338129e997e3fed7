/** What the loop's page adds to the report's style: a colour a kind of stage, heat cells, chart marks. */
import type { StageKind } from '../stages.ts';

const STAGE_COLORS: Record<StageKind, readonly [light: string, dark: string]> = {
  fresh: ['#0f766e', '#2dd4bf'],
  aim: ['#a16207', '#facc15'],
  corrections: ['#be185d', '#f472b6'],
  merge: ['#6b7280', '#9ca3af'],
  measure: ['#94a3b8', '#64748b'],
  train: ['#1d4ed8', '#60a5fa'],
  judge: ['#7e22ce', '#c084fc'],
  confirm: ['#b45309', '#fb923c'],
};

export const STAGE_MEANING: Record<StageKind, string> = {
  fresh: 'episodes that need no policy',
  aim: 'rollouts whose failures aim the corrections',
  corrections: 'the policy drives, the expert corrects',
  merge: 'all data so far as one dataset',
  measure: 'how long a step takes',
  train: 'training and export',
  judge: 'held-out rollouts',
  confirm: 'the best on starts that chose nothing',
};

export const stageClass = (kind: StageKind): string => `stage-${kind}`;

const colors = (scheme: 0 | 1): string =>
  Object.entries(STAGE_COLORS)
    .map(([kind, pair]) => `--stage-${kind}:${pair[scheme]}`)
    .join(';');

export const LOOP_STYLE = `
:root{${colors(0)}}
@media (prefers-color-scheme:dark){:root{${colors(1)}}}
${Object.keys(STAGE_COLORS)
  .map((kind) => `.stage-${kind}{fill:var(--stage-${kind});background:var(--stage-${kind})}`)
  .join('')}
.swatch{display:inline-block;width:11px;height:11px;border-radius:3px;flex:none}
.whisker{stroke:var(--good);stroke-width:2;vector-effect:non-scaling-stroke}
.dotmark{fill:var(--good);stroke:var(--card);stroke-width:2}
.bestmark{fill:none;stroke:var(--good);stroke-width:2}
.final{fill:var(--accent);stroke:var(--card);stroke-width:2}.finalwhisker{stroke:var(--accent);stroke-width:2;stroke-dasharray:4 3}
.target{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:5 4}
.goal{fill:var(--bad)}
td.heat{text-align:right;white-space:nowrap;background:color-mix(in srgb,var(--heat) calc(var(--share)*45%),transparent);padding:6px 8px}
td.heat small{color:var(--soft);font-size:11px}
tr.total td{font-weight:600;border-top:2px solid var(--line)}
.keys span{display:inline-flex;align-items:center;gap:6px}
td.best{font-weight:700}
`;
