/** Numbers of one episode over time, as inline SVG. Pure. */
export interface RowPlotOptions {
  /** Rows of `width` numbers. */
  values: ArrayLike<number>;
  width: number;
  fps: number;
}

/** Told apart also by those who see no red and green (Okabe and Ito 2008). More lines than these are left out. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#8a6d3b'];
const SIZE = { widthPx: 500, heightPx: 190, left: 44, right: 8, top: 8, bottom: 24 };
/** Points a line; more cannot be told apart at this size. */
const MAX_POINTS = 500;

export function rowPlot({ values, width, fps }: RowPlotOptions): { svg: string; colours: string[] } {
  const frames = values.length / width;
  const colours = COLOURS.slice(0, width);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  if (!(low < high))
    [low, high] = [(Number.isFinite(low) ? low : 0) - 1, (Number.isFinite(high) ? high : 0) + 1];
  const x = (frame: number): number =>
    SIZE.left + (frame / Math.max(1, frames - 1)) * (SIZE.widthPx - SIZE.left - SIZE.right);
  const y = (value: number): number =>
    SIZE.top + ((high - value) / (high - low)) * (SIZE.heightPx - SIZE.top - SIZE.bottom);
  const step = Math.max(1, Math.ceil(frames / MAX_POINTS));
  const lines = colours.map((colour, d) => {
    let path = '';
    let isBroken = true;
    for (let frame = 0; frame < frames; frame += step) {
      const value = values[frame * width + d];
      if (Number.isFinite(value))
        path += `${isBroken ? 'M' : 'L'}${x(frame).toFixed(1)} ${y(value).toFixed(1)}`;
      isBroken = !Number.isFinite(value);
    }
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.4"/>`;
  });
  const text = (at: string, words: string): string =>
    `<text ${at} font-size="11" fill="#5a5f68">${words}</text>`;
  const levels = [high, (low + high) / 2, low].map((value) => {
    const line = `<line x1="${SIZE.left}" x2="${SIZE.widthPx - SIZE.right}" y1="${y(value)}" y2="${y(value)}" stroke="#e3e4e7"/>`;
    return line + text(`x="${SIZE.left - 6}" y="${y(value) + 4}" text-anchor="end"`, value.toPrecision(3));
  });
  const bottom = SIZE.heightPx - 6;
  const times = [0, 0.5, 1].map((share) => {
    const anchor = ['start', 'middle', 'end'][share * 2];
    const seconds = ((share * (frames - 1)) / fps).toFixed(1);
    return text(`x="${x(share * (frames - 1))}" y="${bottom}" text-anchor="${anchor}"`, `${seconds} s`);
  });
  const box = `viewBox="0 0 ${SIZE.widthPx} ${SIZE.heightPx}"`;
  return { svg: `<svg ${box} role="img">${[...levels, ...times, ...lines].join('')}</svg>`, colours };
}
