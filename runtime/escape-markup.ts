/** Text as it may stand between tags and in quoted attributes of HTML, SVG and XML. */
import { printable } from './printable.ts';

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Also drops what XML 1.0 cannot hold at all, entity or not: control characters, halves of surrogate pairs; what would
 * reorder the text around it is shown as an escape.
 */
export function escapeMarkup(text: string): string {
  const kept = [...text.toWellFormed()].filter(
    (character) => character >= ' ' || '\t\n\r'.includes(character),
  );
  return kept.map((character) => ENTITIES[character] ?? shown(character)).join('');
}

/** XML may hold a carriage return, a terminal may not. */
const shown = (character: string): string => (character === '\r' ? character : printable(character));
