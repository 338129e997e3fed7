/** Items of a row as lists of lists of a shape. */
export function nested<T>(items: readonly T[], [, ...inner]: readonly number[]): unknown[] {
  if (inner.length === 0) return [...items];
  const size = inner.reduce((a, b) => a * b, 1);
  return Array.from({ length: items.length / size }, (_, i) =>
    nested(items.slice(i * size, (i + 1) * size), inner),
  );
}
