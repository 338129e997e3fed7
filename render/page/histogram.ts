/** Adds every `stride`-th pixel, both ways from the top left corner, to 3 x 256 counts (R, then G, then B). */
export function countPixels(
  rgbaBottomUp: Uint8Array,
  widthPx: number,
  heightPx: number,
  stride: number,
  histogram: Uint32Array,
): void {
  for (let y = 0; y < heightPx; y += stride) {
    const row = (heightPx - 1 - y) * widthPx;
    for (let x = 0; x < widthPx; x += stride) {
      const at = (row + x) * 4;
      histogram[rgbaBottomUp[at]]++;
      histogram[256 + rgbaBottomUp[at + 1]]++;
      histogram[512 + rgbaBottomUp[at + 2]]++;
    }
  }
}
