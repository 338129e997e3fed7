/** Option values: numbers within bounds, one of several words, sizes of pictures. */
import { InputError } from '../sim/errors.ts';

/** Of a whole number: nothing below `min`, nothing above `max`. */
export interface WholeBounds {
  min: number;
  /** As large as a number can be told from its neighbours, when left out. */
  max?: number;
  /** Put behind the bounds, such as " (this machine has 8 cores)". */
  note?: string;
}

/** Of any other number: one lower end and perhaps an upper one, included (`min`, `max`) or not (`above`, `below`). */
export type Bounds = ({ min: number } | { above: number }) &
  ({ max?: number } | { below: number }) & {
    note?: string;
    /** `3e-4` is taken too. */
    exponent?: boolean;
  };

/** Blanks around it do no harm. */
const WHOLE = /^\s*[+-]?\d{1,16}\s*$/;
const DECIMAL = /^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/;
const SCIENTIFIC = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/** The whole number that stands in a text; NaN where something else does. */
export function readWhole(text: string): number {
  const value = WHOLE.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

/** The number that stands in a text; NaN where something else does. Neither `Infinity` nor `0x10` is one. */
export const readNumber = (text: string, { exponent = false } = {}): number =>
  (exponent ? SCIENTIFIC : DECIMAL).test(text) ? Number(text) : Number.NaN;

/**
 * @param faults what is wrong is added here and NaN returned; left out, it is thrown
 * @throws InputError that names option, bounds and value
 */
export function wholeNumber(option: string, text: string, bounds: WholeBounds, faults?: string[]): number {
  const value = readWhole(text);
  if (isWithin(value, bounds)) return value;
  return refuse(option, text, `a whole number ${boundsText(bounds)}`, faults);
}

/** As `wholeNumber`, of numbers with a fraction too. */
export function boundedNumber(option: string, text: string, bounds: Bounds, faults?: string[]): number {
  const value = readNumber(text, bounds);
  if (isWithin(value, bounds)) return value;
  return refuse(option, text, `a number ${boundsText(bounds)}`, faults);
}

/** Gathered faults are worded as those of scenario files, among which they may stand. */
function refuse(option: string, text: string, expected: string, faults: string[] | undefined): number {
  if (faults === undefined) throw new InputError(`${option} must be ${expected}, got "${text}"`);
  faults.push(`${option} is "${text}", but must be ${expected}`);
  return Number.NaN;
}

function isWithin(value: number, bounds: WholeBounds | Bounds): boolean {
  const isAbove = 'above' in bounds ? value > bounds.above : value >= bounds.min;
  return isAbove && ('below' in bounds ? value < bounds.below : value <= (bounds.max ?? Number.MAX_VALUE));
}

/** `from 1 to 64`, `above 0, up to 2`, `above 0, below 100`, `from 0`. */
function boundsText(bounds: WholeBounds | Bounds): string {
  const { note = '' } = bounds;
  const low = 'above' in bounds ? `above ${bounds.above}` : `from ${bounds.min}`;
  if ('below' in bounds) return `${low}, below ${bounds.below}${note}`;
  if (bounds.max === undefined) return `${low}${note}`;
  return `${low}${'above' in bounds ? ', up to' : ' to'} ${bounds.max}${note}`;
}

/** @throws InputError that lists the words there are */
export function oneOf<T extends string>(option: string, text: string, words: readonly T[]): T {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new InputError(`${option} must be one of ${words.join(', ')}, got "${text}"`);
}

/** `320x240`. @throws InputError */
export function pictureSize(option: string, text: string): { widthPx: number; heightPx: number } {
  const match = /^\s*(\d{1,5})x(\d{1,5})\s*$/.exec(text);
  if (match) return { widthPx: Number(match[1]), heightPx: Number(match[2]) };
  throw new InputError(`${option} must be WIDTHxHEIGHT in pixels, such as 320x240, got "${text}"`);
}
