/** Pictures side by side with words under them, as one PNG. Needs neither a browser nor an installed font. */
import { encode } from 'fast-png';
import { PNG_MARK } from '../runtime/output-file.ts';
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyph } from './pixel-font.ts';

export interface SheetTile {
  /** Top row first. */
  rgba: Uint8Array;
  widthPx: number;
  heightPx: number;
  /** May have several lines; what is too long for the tile is cut. */
  caption?: string;
}

export interface SheetOptions {
  columns: number;
  /** A line over everything; empty for none. */
  title: string;
  gapPx: number;
  /** Pixels a dot of a letter. */
  textScale: number;
  backgroundRgb: readonly [number, number, number];
  textRgb: readonly [number, number, number];
}

export const SHEET_DEFAULTS: SheetOptions = {
  columns: 4,
  title: '',
  gapPx: 8,
  textScale: 2,
  backgroundRgb: [246, 246, 244],
  textRgb: [32, 34, 38],
};

interface Canvas {
  rgb: Uint8Array;
  widthPx: number;
  heightPx: number;
}

/** PNG bytes (RGB, 8 bit). Tiles may differ in size: each column and row is as large as its largest. */
export function pictureSheet(tiles: readonly SheetTile[], options: Partial<SheetOptions> = {}): Uint8Array {
  const all = { ...SHEET_DEFAULTS, ...options };
  const { gapPx, textScale, title } = all;
  const columns = Math.max(1, Math.min(all.columns, tiles.length));
  const rows = Math.ceil(tiles.length / columns);
  const widthOf = (column: number) =>
    largest(
      tiles.filter((_, i) => i % columns === column),
      (t) => t.widthPx,
    );
  const inRow = (row: number) => tiles.slice(row * columns, (row + 1) * columns);
  const xs = offsets(gapPx, gapPx, columns, widthOf);
  const top = title ? 2 * gapPx + linePx(textScale) : gapPx;
  const ys = offsets(top, gapPx, rows, (row) => {
    const lines = largest(inRow(row), (tile) => captionLines(tile).length);
    return largest(inRow(row), (tile) => tile.heightPx) + (lines ? gapPx / 2 + lines * linePx(textScale) : 0);
  });
  const widthPx = Math.max(xs[columns], 2 * gapPx + (title ? textPx(title, textScale) : 0));
  const heightPx = Math.ceil(ys[rows]);
  const sheet: Canvas = { rgb: new Uint8Array(widthPx * heightPx * 3), widthPx, heightPx };
  for (let at = 0; at < sheet.rgb.length; at += 3) sheet.rgb.set(all.backgroundRgb, at);
  write(sheet, title, gapPx, gapPx, widthPx, all);
  tiles.forEach((tile, i) => {
    const x = xs[i % columns];
    const y = ys[Math.floor(i / columns)];
    paste(sheet, tile, x, y);
    captionLines(tile).forEach((line, n) => {
      write(sheet, line, x, y + tile.heightPx + gapPx / 2 + n * linePx(textScale), tile.widthPx, all);
    });
  });
  return markFirst(
    encode({ width: widthPx, height: heightPx, data: sheet.rgb, channels: 3, depth: 8, text: PNG_MARK }),
  );
}

/** The encoder writes texts last; the mark is looked for right after the header. */
function markFirst(png: Uint8Array): Uint8Array {
  const [headerEnd, endBytes] = [33, 12];
  const textBytes = 12 + Object.entries(PNG_MARK)[0].join('\0').length;
  const textAt = png.length - endBytes - textBytes;
  const text = png.slice(textAt, textAt + textBytes);
  png.copyWithin(headerEnd + textBytes, headerEnd, textAt);
  png.set(text, headerEnd);
  return png;
}

const largest = <T>(items: readonly T[], size: (item: T) => number): number =>
  Math.max(0, ...items.map(size));
const linePx = (scale: number): number => (GLYPH_HEIGHT + 2) * scale;
const textPx = (text: string, scale: number): number => text.length * (GLYPH_WIDTH + 1) * scale;
const captionLines = (tile: SheetTile): string[] => (tile.caption ? tile.caption.split('\n') : []);

/** Where each of `count` tracks begins, and last where one more would. */
function offsets(start: number, gap: number, count: number, size: (index: number) => number): number[] {
  const result = [start];
  for (let i = 0; i < count; i++) result.push(result[i] + Math.ceil(size(i)) + gap);
  return result;
}

function paste(sheet: Canvas, tile: SheetTile, x: number, y: number): void {
  for (let row = 0; row < tile.heightPx; row++) {
    let to = ((y + row) * sheet.widthPx + x) * 3;
    let from = row * tile.widthPx * 4;
    for (let column = 0; column < tile.widthPx; column++) {
      sheet.rgb[to++] = tile.rgba[from++];
      sheet.rgb[to++] = tile.rgba[from++];
      sheet.rgb[to++] = tile.rgba[from++];
      from++;
    }
  }
}

/** One line of text with its top left corner at (x, y); what does not fit into `roomPx` ends in two dots. */
function write(sheet: Canvas, text: string, x: number, y: number, roomPx: number, style: SheetOptions): void {
  const { textScale, textRgb } = style;
  const fits = Math.floor(roomPx / textPx(' ', textScale));
  const shown = text.length <= fits ? text : `${text.slice(0, Math.max(0, fits - 2))}..`;
  for (let i = 0; i < shown.length; i++) {
    glyph(shown[i]).forEach((column, dx) => {
      for (let dy = 0; dy < GLYPH_HEIGHT; dy++) {
        if (!((column >> dy) & 1)) continue;
        const left = x + (i * (GLYPH_WIDTH + 1) + dx) * textScale;
        fillSquare(sheet, left, Math.floor(y) + dy * textScale, textScale, textRgb);
      }
    });
  }
}

function fillSquare(sheet: Canvas, x: number, y: number, side: number, rgb: readonly number[]): void {
  for (let row = y; row < Math.min(y + side, sheet.heightPx); row++) {
    for (let column = x; column < Math.min(x + side, sheet.widthPx); column++) {
      sheet.rgb.set(rgb, (row * sheet.widthPx + column) * 3);
    }
  }
}
