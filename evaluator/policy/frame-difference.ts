/** How far two pictures of the same size are apart, in figures that tell a codec's error from another picture. */

export interface FrameDifference {
  /** Mean absolute difference of R, G and B over the picture, of 255. */
  meanAbs: [number, number, number];
  /** Largest difference between the means of one channel over the same block, of 255. */
  worstBlock: number;
  /** Left upper pixel of that block. */
  worstAt: { xPx: number; yPx: number };
}

export const BLOCK_PX = 16;

/** @param a, b height x width x 3 bytes */
export function frameDifference(
  a: Uint8Array,
  b: Uint8Array,
  widthPx: number,
  heightPx: number,
): FrameDifference {
  const sums: [number, number, number] = [0, 0, 0];
  let worstBlock = 0;
  let worstAt = { xPx: 0, yPx: 0 };
  for (let yPx = 0; yPx < heightPx; yPx += BLOCK_PX) {
    for (let xPx = 0; xPx < widthPx; xPx += BLOCK_PX) {
      const { signed, pixels } = addBlock(a, b, widthPx, heightPx, xPx, yPx, sums);
      const worst = Math.max(...signed.map((sum) => Math.abs(sum) / pixels));
      if (worst > worstBlock) {
        worstBlock = worst;
        worstAt = { xPx, yPx };
      }
    }
  }
  const all = widthPx * heightPx;
  return { meanAbs: [sums[0] / all, sums[1] / all, sums[2] / all], worstBlock, worstAt };
}

function addBlock(
  a: Uint8Array,
  b: Uint8Array,
  widthPx: number,
  heightPx: number,
  xPx: number,
  yPx: number,
  absolute: [number, number, number],
): { signed: number[]; pixels: number } {
  const signed = [0, 0, 0];
  const right = Math.min(xPx + BLOCK_PX, widthPx);
  const bottom = Math.min(yPx + BLOCK_PX, heightPx);
  for (let y = yPx; y < bottom; y++) {
    for (let x = xPx; x < right; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const i = (y * widthPx + x) * 3 + channel;
        const difference = a[i] - b[i];
        signed[channel] += difference;
        absolute[channel] += Math.abs(difference);
      }
    }
  }
  return { signed, pixels: (right - xPx) * (bottom - yPx) };
}
