/** The whole report as one page: no scripts, nothing loaded, everything inside. */
import { htmlPage } from '../../runtime/html-page.ts';
import { episodeCards } from './episode-card.ts';
import { conditionList, failureBreakdown, failureMap } from './failure-sections.ts';
import { html } from './html.ts';
import { provenance } from './provenance.ts';
import { headline, scenarioTable } from './rates.ts';
import type { ReportData, ShownEpisode } from './report-data.ts';
import { STYLE } from './style.ts';
import { successCurve } from './success-curve.ts';

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
  const body = html`<main><header><p class="soft small">closed-loop report</p><h1>${name}</h1></header>
${headline(data)}
${scenarioTable(data)}
<div class="pair">${failureBreakdown(data)}${failureMap(data)}</div>
${successCurve(data)}
${episodeCards(data, episodes, note)}
${conditionList(data)}
${provenance(data, madeWith)}
</main>`;
  return htmlPage({ title: `${name}: closed-loop report`, style: STYLE, body: body.text });
}
