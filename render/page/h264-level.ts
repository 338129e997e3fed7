/** Level limits of H.264 (ITU-T H.264 table A-1): the least level that a picture size and rate fit. */
interface Level {
  /** level_idc: ten times the level. */
  idc: number;
  macroblocks: number;
  macroblocksPerS: number;
}

const LEVELS: readonly Level[] = [
  { idc: 31, macroblocks: 3600, macroblocksPerS: 108_000 },
  { idc: 32, macroblocks: 5120, macroblocksPerS: 216_000 },
  { idc: 40, macroblocks: 8192, macroblocksPerS: 245_760 },
  { idc: 42, macroblocks: 8704, macroblocksPerS: 522_240 },
  { idc: 50, macroblocks: 22_080, macroblocksPerS: 589_824 },
  { idc: 51, macroblocks: 36_864, macroblocksPerS: 983_040 },
  { idc: 52, macroblocks: 36_864, macroblocksPerS: 2_073_600 },
];

/** RFC 6381 name of constrained baseline at the least level from 3.1 up that fits, such as avc1.42001f. */
export function h264Codec(widthPx: number, heightPx: number, fps: number): string {
  const macroblocks = Math.ceil(widthPx / 16) * Math.ceil(heightPx / 16);
  const level = LEVELS.find(
    (one) => macroblocks <= one.macroblocks && macroblocks * fps <= one.macroblocksPerS,
  );
  if (!level) throw new Error(`${widthPx}x${heightPx} at ${fps} Hz is beyond H.264 level 5.2`);
  return `avc1.4200${level.idc.toString(16)}`;
}
