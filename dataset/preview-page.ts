/**
 * `dataset preview --out FILE.html`: one page that shows a dataset to whoever opens it, without anything else: pictures
 * as data URLs, plots as inline SVG, no script. All texts come from the dataset, which may be anyone's: all are escaped.
 */
import { escapeMarkup } from '../runtime/escape-markup.ts';
import { htmlPage } from '../runtime/html-page.ts';
import { flatNames } from './camera-shape.ts';
import { contactSheet, evenlySpread } from './contact-sheet.ts';
import type { EpisodeRow } from './episode-row.ts';
import { picturesInRows } from './pictures-in-rows.ts';
import type { DataFile, DatasetReader } from './reader.ts';
import { rowPlot } from './row-plot.ts';

export interface PreviewPageOptions {
  /** Sections: episodes spread evenly over the dataset. */
  episodes: number;
  columns: number;
  tileWidthPx: number;
}

export const PREVIEW_PAGE_DEFAULTS: PreviewPageOptions = { episodes: 12, columns: 6, tileWidthPx: 160 };

const PLOTTED = ['action', 'observation.state'];

const STYLE = `
body { margin: 2rem auto; max-width: 1060px; padding: 0 1rem; font: 15px/1.45 system-ui, sans-serif; color: #202226; background: #fff; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
p, .facts { color: #5a5f68; margin: 0 0 1rem; }
section { border-top: 1px solid #dcdde0; padding: 1.2rem 0; }
img { display: block; width: 100%; border-radius: 4px; }
.plots { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; margin-top: .8rem; }
@media (max-width: 700px) { .plots { grid-template-columns: 1fr; } }
figure { margin: 0; } figcaption { font-size: .85rem; color: #5a5f68; }
svg { width: 100%; height: auto; } .key { margin-right: .9em; white-space: nowrap; }
`;

/** The page as text. Throws when the video cannot be decoded. */
export async function previewPage(reader: DatasetReader, options: PreviewPageOptions): Promise<string> {
  const { info } = reader;
  const sections: string[] = [];
  const shown = await reader.episodesAt(evenlySpread(info.total_episodes, options.episodes));
  for (const row of shown.values()) sections.push(await episodeSection(reader, row, options));
  const name = reader.root.split(/[\\/]/).at(-1) ?? '';
  const minutes = (info.total_frames / info.fps / 60).toFixed(1);
  const facts = `${info.total_episodes} episodes, ${info.total_frames} frames at ${info.fps} fps, ${minutes} minutes; ${sections.length} episodes are shown`;
  const image = Object.entries(info.features).find(([, { dtype }]) => dtype === 'image');
  const missing = image ? `<p>${escapeMarkup(picturesInRows(name, image[0], 'shown'))}</p>` : '';
  const body = `<h1>${escapeMarkup(name)}</h1><p>${escapeMarkup(facts)}</p>${missing}\n${sections.join('\n')}\n`;
  return htmlPage({ title: name, style: STYLE, body });
}

async function episodeSection(
  reader: DatasetReader,
  row: EpisodeRow,
  { columns, tileWidthPx }: PreviewPageOptions,
): Promise<string> {
  const sheet =
    reader.cameraKeys.length > 0
      ? await contactSheet(reader, { episodes: 1, columns, tileWidthPx, only: row.episodeIndex })
      : null;
  const image = sheet
    ? `<img alt="Frames of episode ${escapeMarkup(String(row.episodeIndex))}" src="data:image/png;base64,${Buffer.from(sheet).toString('base64')}">`
    : '';
  const data = await reader.episodeColumns(row);
  const plots = PLOTTED.filter((name) => data[name]).map((name) => plotOf(reader, name, data));
  const { provenance } = row;
  const words = [
    provenance && `scenario ${provenance.scenario}`,
    provenance && `driven by ${provenance.sources.join(' + ')}`,
    `${row.length} frames, ${(row.length / reader.info.fps).toFixed(1)} s`,
    row.tasks.join('; '),
  ].filter((word) => word);
  return `<section><h2>Episode ${escapeMarkup(String(row.episodeIndex))}</h2><div class="facts">${words.map((word) => escapeMarkup(String(word))).join(' &middot; ')}</div>
${image}<div class="plots">${plots.join('')}</div></section>`;
}

function plotOf(reader: DatasetReader, name: string, data: DataFile['columns']): string {
  const { width, values } = data[name];
  const names = flatNames(reader.info.features[name].names);
  const labels = Array.from(
    { length: width },
    (_, d) => (names?.length === width ? names[d] : undefined) ?? `${d}`,
  );
  const { svg, colours } = rowPlot({ values, width, fps: reader.info.fps });
  const keys = labels
    .slice(0, colours.length)
    .map(
      (label, d) =>
        `<span class="key"><b style="color:${colours[d]}">&#9632;</b> ${escapeMarkup(String(label))}</span>`,
    );
  return `<figure>${svg}<figcaption>${escapeMarkup(name)} over seconds: ${keys.join(' ')}</figcaption></figure>`;
}
