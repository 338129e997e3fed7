/**
 * Holm's correction (1979): p values that keep the chance of any false alarm among all of them at alpha.
 *
 * @returns adjusted p values, in the order given
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).sort((left, right) => pValues[left] - pValues[right]);
  const adjusted: number[] = new Array(pValues.length);
  let least = 0;
  order.forEach((index, rank) => {
    least = Math.min(1, Math.max(least, pValues[index] * (pValues.length - rank)));
    adjusted[index] = least;
  });
  return adjusted;
}
