/** Colours as files write them and as the scene wants them. */
import { z } from 'zod';

const color = z.string().regex(/^#[0-9a-fA-F]{6}$/, { error: 'must be a colour such as "#c91a09"' });
/** Schema of a list of them, of which one is drawn. */
export const colors = z.array(color).min(1).max(32);

/** "#c91a09" as sRGB values in [0, 1]. */
export function colorRgb(hex: string): [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}
