/** The whole report as one page: no scripts, nothing loaded, everything inside. */
import { episodeCards } from './episode-card.ts';
import { conditionList, failureBreakdown, failureMap } from './failure-sections.ts';
import { Html, html } from './html.ts';
import { provenance } from './provenance.ts';
import { headline, scenarioTable } from './rates.ts';
import type { ReportData, ShownEpisode } from './report-data.ts';
import { STYLE } from './style.ts';
import { successCurve } from './success-curve.ts';

/** Allows the page's own style and embedded media; no script, no connection, no frame. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; base-uri 'none'; form-action 'none'";

export interface PageParts {
  data: ReportData;
  episodes: readonly ShownEpisode[];
  /** Said above the episodes; empty for nothing. */
  note: string;
  madeWith: Record<string, string>;
}

/** The text of report.html. Pure. */
export function reportPage({ data, episodes, note, madeWith }: PageParts): string {
  const name = typeof data.summary.checkpoint === 'string' ? data.summary.checkpoint : 'rollouts';
  const body = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${CONTENT_SECURITY_POLICY}"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${name}: closed-loop report</title><link rel="icon" href="data:,"><style>${new Html(STYLE)}</style></head>
<body><main><header><p class="soft small">closed-loop report</p><h1>${name}</h1></header>
${headline(data)}
${scenarioTable(data)}
<div class="pair">${failureBreakdown(data)}${failureMap(data)}</div>
${successCurve(data)}
${episodeCards(data, episodes, note)}
${conditionList(data)}
${provenance(data, madeWith)}
</main></body></html>
`;
  return body.text;
}
