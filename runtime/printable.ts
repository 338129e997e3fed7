/** Text from files that reaches a terminal or a page must not move the cursor, recolour it, or reorder its line. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
const UNPRINTABLE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** `text` with control and bidirectional characters as \u escapes; line ends and tabs stay. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** As `printable`, for text that is one cell or one part of a line: a line end or tab in it must not begin another. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\n\t]/g, (char) => (char === '\n' ? '\\n' : '\\t'));
}
