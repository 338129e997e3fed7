/**
 * RGBA, bottom row first -> I420 in BT.601 limited range, top row first, in one pass.
 *
 * Left to itself the browser encodes RGBA as BT.709 full range, which PyAV's default conversion reads 3 to 5 of 255
 * wrong; BT.601 limited is what every decoder assumes of untagged video.
 * Integer form of ITU-R BT.601-7: Y = 16 + (65.738 R + 129.057 G + 25.064 B) / 256, and so on, in 16-bit fixed
 * point. Chroma is that of the mean of each 2 x 2 square (sited in its middle).
 *
 * The rounding is not to the nearest. libswscale's fast path, through which PyAV and torchcodec decode, would give
 * back R, G, B lower by 0.99, 1.51, 1.00 of 255; with these constants it is within 0.1 in the mean over greyish
 * colours. An exact decoder gives about one more instead; but what is trained on comes through lerobot's.
 */
const LUMA_ZERO = Math.round(17.5 * 2 ** 16);
const CHROMA_ZERO = Math.round(128.4 * 2 ** 18);

export function rgbaToI420(rgba: Uint32Array, widthPx: number, heightPx: number, out: Uint8Array): void {
  const luma = widthPx * heightPx;
  const half = widthPx >> 1;
  let u = luma;
  let v = luma + (luma >> 2);
  for (let y = 0; y < heightPx; y += 2) {
    let upper = (heightPx - 1 - y) * widthPx;
    let lower = upper - widthPx;
    let top = y * widthPx;
    let bottom = top + widthPx;
    for (let x = 0; x < half; x++) {
      const a = rgba[upper++];
      const b = rgba[upper++];
      const c = rgba[lower++];
      const d = rgba[lower++];
      out[top++] =
        (16829 * (a & 255) + 33039 * ((a >>> 8) & 255) + 6416 * ((a >>> 16) & 255) + LUMA_ZERO) >> 16;
      out[top++] =
        (16829 * (b & 255) + 33039 * ((b >>> 8) & 255) + 6416 * ((b >>> 16) & 255) + LUMA_ZERO) >> 16;
      out[bottom++] =
        (16829 * (c & 255) + 33039 * ((c >>> 8) & 255) + 6416 * ((c >>> 16) & 255) + LUMA_ZERO) >> 16;
      out[bottom++] =
        (16829 * (d & 255) + 33039 * ((d >>> 8) & 255) + 6416 * ((d >>> 16) & 255) + LUMA_ZERO) >> 16;
      // Red and blue of all four are summed in one addition each; 4 x 255 fits the 16 bits between them.
      const rb = (a & 0xff00ff) + (b & 0xff00ff) + (c & 0xff00ff) + (d & 0xff00ff);
      const g = ((a >>> 8) & 255) + ((b >>> 8) & 255) + ((c >>> 8) & 255) + ((d >>> 8) & 255);
      const red = rb & 0xffff;
      const blue = rb >>> 16;
      out[u++] = (-9714 * red - 19071 * g + 28784 * blue + CHROMA_ZERO) >> 18;
      out[v++] = (28784 * red - 24103 * g - 4681 * blue + CHROMA_ZERO) >> 18;
    }
  }
}

/** Bytes of an I420 picture; width and height are even. */
export const i420Bytes = (widthPx: number, heightPx: number): number => (widthPx * heightPx * 3) / 2;

/** BT.601 limited range in libswscale's fixed point: 2^13 times what a step of Y, V, U adds to R, G or B. */
const SWS = { y: 9539, vToR: 13075, uToB: 16525, uToG: -3209, vToG: -6660 };

/**
 * I420 -> RGB to the bit as libswscale's default path does it, through which ffmpeg, PyAV and torchcodec decode:
 * chroma of the nearest sample, products cut off (not rounded) at 2^16, each by itself. Fills `rgb` and returns it.
 */
export function i420ToRgb(i420: Uint8Array, widthPx: number, heightPx: number, rgb: Uint8Array): Uint8Array {
  const luma = widthPx * heightPx;
  const half = widthPx >> 1;
  if (i420.length !== i420Bytes(widthPx, heightPx) || rgb.length !== luma * 3)
    throw new Error(`${i420.length} bytes of I420 for ${widthPx} x ${heightPx} pixels into ${rgb.length}`);
  const clamped = new Uint8ClampedArray(rgb.buffer, rgb.byteOffset, rgb.length);
  let to = 0;
  for (let y = 0; y < heightPx; y++) {
    const uRow = luma + (y >> 1) * half;
    const vRow = uRow + (luma >> 2);
    for (let x = 0; x < widthPx; x++) {
      const light = ((i420[y * widthPx + x] - 16) * 8 * SWS.y) >> 16;
      const u = (i420[uRow + (x >> 1)] - 128) * 8;
      const v = (i420[vRow + (x >> 1)] - 128) * 8;
      clamped[to++] = light + ((v * SWS.vToR) >> 16);
      clamped[to++] = light + ((u * SWS.uToG) >> 16) + ((v * SWS.vToG) >> 16);
      clamped[to++] = light + ((u * SWS.uToB) >> 16);
    }
  }
  return rgb;
}
