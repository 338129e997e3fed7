/** What each label means and how it is drawn, the same in every report. */
import { FAILURE_LABELS, type FailureLabel } from '../results.ts';
import { type Html, html } from './html.ts';

export const LABEL_MEANING: Record<FailureLabel, string> = {
  BAD_ACTION: 'an output that is no action: NaN or far out of range',
  LIFT_STUCK: 'stood with the bucket up and got no further',
  WALL_STUCK: 'stood against a wall',
  BOX_COLLISION: 'stood against the box',
  SPINNING: 'turned round and round without progress',
  DROPPED_BRICK: 'lost a lifted brick on the way',
  MISSED_BOX: 'unloaded beside the box',
  PUSHED_BRICK_AWAY: 'shoved the brick instead of scooping it',
  MISSED_SCOOP: 'reached the brick and did not get it into the bucket',
  NO_APPROACH: 'came near nothing',
  TIMEOUT_PROGRESSING: 'was at work when time ran out',
};

/** Class that carries the label's colour; see style.ts. */
export const labelClass = (label: FailureLabel): string => `label-${FAILURE_LABELS.indexOf(label)}`;

const SHAPES = ['circle', 'square', 'diamond', 'triangle'] as const;

/** A mark at a place: colour and shape together tell labels apart, for those who do not see the colours. */
export function labelMark(label: FailureLabel, x: number, y: number, r: number, title = ''): Html {
  const shape = SHAPES[FAILURE_LABELS.indexOf(label) % SHAPES.length];
  const name = `mark ${labelClass(label)}`;
  const words = title ? html`<title>${title}</title>` : '';
  if (shape === 'circle') return html`<circle class="${name}" cx="${x}" cy="${y}" r="${r}">${words}</circle>`;
  const corners = {
    square: [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ],
    diamond: [
      [0, -1.3],
      [1.3, 0],
      [0, 1.3],
      [-1.3, 0],
    ],
    triangle: [
      [0, -1.25],
      [1.2, 0.9],
      [-1.2, 0.9],
    ],
  }[shape];
  const points = corners.map(([dx, dy]) => `${x + dx * r * 0.9},${y + dy * r * 0.9}`).join(' ');
  return html`<polygon class="${name}" points="${points}">${words}</polygon>`;
}

/** The label with its mark in front. */
export const labelTag = (label: FailureLabel): Html =>
  html`<span class="tag"><svg class="dot" viewBox="-8 -8 16 16" aria-hidden="true">${labelMark(label, 0, 0, 6)}</svg>${label}</span>`;
