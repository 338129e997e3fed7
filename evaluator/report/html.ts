/** HTML in which what is put in is text unless it was made here: nothing is escaped by hand, so nothing is forgotten. */
import { escapeMarkup } from '../../runtime/escape-markup.ts';

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | null | undefined | readonly Part[];

/** Template tag: strings and numbers are escaped, Html and lists of it are put in as they are. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(
    strings.reduce((text, string, i) => text + string + (i < parts.length ? render(parts[i]) : ''), ''),
  );
}

function render(part: Part): string {
  if (part === null || part === undefined) return '';
  if (part instanceof Html) return part.text;
  return Array.isArray(part) ? part.map(render).join('') : escapeMarkup(String(part));
}
