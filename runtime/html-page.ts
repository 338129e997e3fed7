/**
 * The frame of every page that is written: it opens from disk, runs no script and loads nothing, whatever names and
 * texts of other people's files stand in it.
 */

import { escapeMarkup } from './escape-markup.ts';
import { HTML_MARK } from './output-file.ts';

/** Allows the page's own style and embedded media; no script, no connection, no frame. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; base-uri 'none'; form-action 'none'";

export interface PageContent {
  /** Any text. */
  title: string;
  style: string;
  /** Markup in which all texts are escaped. */
  body: string;
}

export function htmlPage({ title, style, body }: PageContent): string {
  return `${HTML_MARK}<meta http-equiv="Content-Security-Policy" content="${CONTENT_SECURITY_POLICY}"><meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeMarkup(title)}</title><link rel="icon" href="data:,"><style>${style}</style></head>
<body>${body}</body></html>
`;
}
