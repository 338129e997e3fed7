/** Parts of a log. Pure. */

/** The last `count` lines, with their ends. */
export function lastLines(text: string, count: number): string {
  return text
    .split(/(?<=\n)/)
    .slice(-count)
    .join('');
}
