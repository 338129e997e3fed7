/** What each label means and how it is drawn, the same in every report. */
import { loadedTasks } from '../../sim/engine/task-registry.ts';
import { type Html, html } from './html.ts';
import { LABEL_COLORS } from './style.ts';

const meaningsWith = (label: string): Readonly<Record<string, string>> | undefined =>
  loadedTasks().find(({ failures }) => Object.hasOwn(failures.meanings, label))?.failures.meanings;

/** What the label means, as its task says; nothing of a label that no loaded task knows. */
export const labelMeaning = (label: string): string => meaningsWith(label)?.[label] ?? '';

/** Place of a label among those of its task, counted again from the first where there are more of them than colours. */
export const labelIndex = (label: string): number =>
  Math.max(0, Object.keys(meaningsWith(label) ?? {}).indexOf(label)) % LABEL_COLORS.length;

/** Class that carries the label's colour; see style.ts. */
export const labelClass = (label: string): string => `label-${labelIndex(label)}`;

const SHAPES = ['circle', 'square', 'diamond', 'triangle'] as const;

/** A mark at a place: colour and shape together tell labels apart, for those who do not see the colours. */
export function labelMark(label: string, x: number, y: number, r: number, title = ''): Html {
  const shape = SHAPES[labelIndex(label) % SHAPES.length];
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
export const labelTag = (label: string): Html =>
  html`<span class="tag"><svg class="dot" viewBox="-8 -8 16 16" aria-hidden="true">${labelMark(label, 0, 0, 6)}</svg>${label}</span>`;
