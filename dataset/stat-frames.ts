/**
 * Which frames and pixels the camera's statistics are taken from: the same choice as lerobot's
 * compute_stats.py (sample_indices, auto_downsample_height_width), so that both give the same figures.
 */

/** Evenly spaced frame numbers, both ends included: all below 100 frames, else frames^0.75 within [100, 10000]. */
export function statFrameIndices(frames: number): Uint32Array {
  const count = frames < 100 ? frames : Math.min(10000, Math.max(100, Math.floor(frames ** 0.75)));
  const indices = new Uint32Array(count);
  const step = count === 1 ? 0 : (frames - 1) / (count - 1);
  for (let i = 0; i < count; i++) indices[i] = roundHalfEven(i * step);
  return indices;
}

/** Every n-th pixel, both ways: 1 below 300 pixels on the longer side, else about 150 of them. */
export function statStride(widthPx: number, heightPx: number): number {
  const longer = Math.max(widthPx, heightPx);
  return longer < 300 ? 1 : Math.floor(longer / 150);
}

/** numpy's rounding. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
