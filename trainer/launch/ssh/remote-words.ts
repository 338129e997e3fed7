/** ssh hands one string to the shell of the other side; this is the only place that makes such a string. */

/** Words as one line that any POSIX shell takes apart into exactly these words. */
export function remoteLine(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  if (word.includes('\0')) throw new RangeError('a word of a remote command holds a NUL');
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A script for sh with its arguments as $1, $2, … */
export function shScript(script: string, ...args: readonly string[]): string[] {
  return ['sh', '-c', script, 'sh', ...args];
}
