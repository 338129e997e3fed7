/** Text as it may stand between tags and in quoted attributes of HTML, SVG and XML. */

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Also drops what XML 1.0 cannot hold at all, entity or not: control characters, halves of surrogate pairs. */
export function escapeMarkup(text: string): string {
  return [...text.toWellFormed()]
    .filter((character) => character >= ' ' || '\t\n\r'.includes(character))
    .map((character) => ENTITIES[character] ?? character)
    .join('');
}
