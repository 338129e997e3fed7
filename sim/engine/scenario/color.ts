/** Colours as files write them and as the scene wants them. */

/** "#c91a09" as sRGB values in [0, 1]. */
export function colorRgb(hex: string): [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}
