/** Whole numbers of the command line. */

/** The number, or `min` with a fault added that names option, value, bound and remedy. */
export function wholeNumber(
  option: string,
  text: string,
  { min, max }: { min: number; max: number },
  faults: string[],
): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  faults.push(`${option} is "${text}", but must be a whole number from ${min} to ${max}`);
  return min;
}
