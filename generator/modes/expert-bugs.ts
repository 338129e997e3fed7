/** States that the expert could not solve, as people read them. Pure. */

/** So many are printed; metadata.json has all of them. */
const PRINTED_BUGS = 3;

/** @param heading what happened, ending where the commands begin; nothing is said where there is no bug */
export function bugLines(
  bugs: readonly { command: string; detail: string }[],
  heading: (count: number) => string,
): string[] {
  if (bugs.length === 0) return [];
  const more = bugs.length - PRINTED_BUGS;
  return [
    heading(bugs.length),
    ...bugs.slice(0, PRINTED_BUGS).map(({ command, detail }) => `  ${command}   # ${detail}`),
    ...(more > 0 ? [`  and ${more} more in metadata.json`] : []),
  ];
}
