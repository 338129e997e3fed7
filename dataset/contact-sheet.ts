/** A picture of some episodes at a glance: a row each, frames from its first to its last, as readers decode them. */

import { pictureSheet } from '../render/picture-sheet.ts';
import { InputError } from '../sim/errors.ts';
import type { EpisodeRow } from './episode-row.ts';
import { decodeFrames } from './ffmpeg.ts';
import { picturesInRows } from './pictures-in-rows.ts';
import type { DatasetReader } from './reader.ts';

export interface ContactSheetOptions {
  /** Rows: episodes spread evenly over the dataset. */
  episodes: number;
  /** Pictures a row. */
  columns: number;
  /** Of one picture; the height follows from the camera. */
  tileWidthPx: number;
  /** This episode alone. */
  only?: number;
}

export const CONTACT_SHEET_DEFAULTS: ContactSheetOptions = { episodes: 12, columns: 6, tileWidthPx: 240 };

/** PNG bytes. Throws when the dataset has no camera or its video cannot be decoded. */
export async function contactSheet(reader: DatasetReader, options: ContactSheetOptions): Promise<Uint8Array> {
  const [cameraKey] = reader.cameraKeys;
  if (!cameraKey) throw new InputError(whyNoPictures(reader));
  const { heightPx, widthPx } = reader.cameraSize(cameraKey);
  const tileHeightPx = Math.max(2, Math.round((options.tileWidthPx * heightPx) / widthPx / 2) * 2);
  const tiles = [];
  const { total_episodes } = reader.info;
  const shown = options.only === undefined ? evenlySpread(total_episodes, options.episodes) : [options.only];
  for (const [, row] of await reader.episodesAt(shown)) {
    const frames = evenlySpread(row.length, options.columns);
    const { path, fromS } = reader.videoRange(row, cameraKey);
    const size = { widthPx: options.tileWidthPx, heightPx: tileHeightPx };
    const pictures = await decodeFrames({ path, fromS, fps: reader.info.fps, frames, ...size });
    for (let i = 0; i < options.columns; i++) {
      // An episode shorter than the row is padded with empty tiles.
      const rgba = pictures[i] ? withAlpha(pictures[i]) : new Uint8Array(size.widthPx * size.heightPx * 4);
      const caption = pictures[i]
        ? captionOf(row, frames[i], i === 0 && options.only === undefined, reader.info.fps)
        : '';
      tiles.push({ rgba, ...size, caption });
    }
  }
  return pictureSheet(tiles, { columns: options.columns });
}

function whyNoPictures({ root, info }: DatasetReader): string {
  const image = Object.entries(info.features).find(([, { dtype }]) => dtype === 'image');
  if (image) return picturesInRows(root, image[0], 'shown');
  return `${root} has no camera, so there are no pictures; give --out FILE.html for plots of its numbers`;
}

function captionOf(row: EpisodeRow, frame: number, isFirst: boolean, fps: number): string {
  const time = `${(frame / fps).toFixed(1)} s`;
  return isFirst ? `${row.episodeIndex} ${row.provenance?.scenario ?? ''} ${time}` : time;
}

/** At most `wanted` numbers from 0 to count - 1, both ends included, ascending, none twice. */
export function evenlySpread(count: number, wanted: number): number[] {
  const kept = Math.min(count, wanted);
  return Array.from({ length: kept }, (_, i) =>
    kept === 1 ? 0 : Math.round((i * (count - 1)) / (kept - 1)),
  );
}

function withAlpha(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from];
    rgba[to + 1] = rgb[from + 1];
    rgba[to + 2] = rgb[from + 2];
    rgba[to + 3] = 255;
  }
  return rgba;
}
