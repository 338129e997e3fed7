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

/** By how many pixels one picture is moved to see whether it then fits the other better; itself among them. */
export const MOVES: readonly { dxPx: number; dyPx: number }[] = [-1, 0, 1].flatMap((dyPx) =>
  [-1, 0, 1].map((dxPx) => ({ dxPx, dyPx })),
);

/**
 * Mean absolute difference of the brightness of `a`, moved by each of MOVES, and of `b`, of 255. The least is where two
 * pictures of the same scene lie on each other, whatever their size and whatever a codec did to them.
 * @param a, b height x width x 3 bytes, at least 3 pixels each way
 */
export function movedDifferences(a: Uint8Array, b: Uint8Array, widthPx: number, heightPx: number): number[] {
  const [brightA, brightB] = [a, b].map(brightness);
  const inside = (widthPx - 2) * (heightPx - 2);
  return MOVES.map(({ dxPx, dyPx }) => {
    let sum = 0;
    for (let y = 1; y < heightPx - 1; y++) {
      for (let x = 1; x < widthPx - 1; x++)
        sum += Math.abs(brightA[(y - dyPx) * widthPx + x - dxPx] - brightB[y * widthPx + x]);
    }
    return sum / inside;
  });
}

/** ITU-R BT.601. */
function brightness(rgb: Uint8Array): Float32Array {
  return Float32Array.from(
    { length: rgb.length / 3 },
    (_, i) => 0.299 * rgb[3 * i] + 0.587 * rgb[3 * i + 1] + 0.114 * rgb[3 * i + 2],
  );
}
