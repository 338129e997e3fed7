/** A task's ground from above as SVG, in metres; +x right, +z down, as in pictures from above. */
import { rounded } from '../../runtime/figures.ts';
import type { MapShape, TaskMap } from '../../sim/engine/map.ts';
import { type Html, html } from './html.ts';

export type ShownMap = Pick<TaskMap<unknown>, 'halfM' | 'ground'>;

const MARGIN_M = 0.3;
const GRID_M = 2;

export const mapViewBox = ({ halfM }: ShownMap): string =>
  `${-halfM - MARGIN_M} ${-halfM - MARGIN_M} ${2 * (halfM + MARGIN_M)} ${2 * (halfM + MARGIN_M)}`;

/** Floor, grid and walls, and what of the task stands on them. */
export function mapGround({ halfM, ground }: ShownMap): Html {
  const count = Math.ceil(halfM / GRID_M) - 1;
  const lines = Array.from({ length: 2 * count + 1 }, (_, i) => (i - count) * GRID_M).map(
    (at) =>
      html`<line class="gridline" x1="${at}" y1="${-halfM}" x2="${at}" y2="${halfM}"/><line class="gridline" y1="${at}" x1="${-halfM}" y2="${at}" x2="${halfM}"/>`,
  );
  const [floor, ...rest] = ground;
  return html`${mapShape(floor)}${lines}${mapShape({ ...floor, kind: 'wall' })}${rest.map(mapShape)}`;
}

const CLASSES: Record<MapShape['kind'], string> = {
  floor: 'floor',
  wall: 'wall',
  goal: 'box',
  thing: 'thing',
};

export function mapShape({ kind, xM, zM, widthM, depthM }: MapShape): Html {
  return html`<rect class="${CLASSES[kind]}" x="${rounded(xM - widthM / 2, 2)}" y="${rounded(zM - depthM / 2, 2)}" width="${rounded(widthM, 2)}" height="${rounded(depthM, 2)}"/>`;
}
