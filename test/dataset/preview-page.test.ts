import { describe, expect, it } from 'vitest';
import { previewPage } from '../../dataset/preview-page.ts';
import type { DatasetReader } from '../../dataset/reader.ts';
import { rowPlot } from '../../dataset/row-plot.ts';

const EVIL = '<script>alert("1")</script>';

/** A dataset without cameras whose every text is hostile. */
const reader = {
  root: `/data/${EVIL.replaceAll('/', '')}`,
  cameraKeys: [],
  info: { total_episodes: 1, total_frames: 3, fps: 10, features: { action: { names: [EVIL, '"\'&'] } } },
  episodesAt: async () =>
    new Map([
      [0, { episodeIndex: 0, length: 3, tasks: [EVIL], provenance: { scenario: EVIL, sources: [EVIL] } }],
    ]),
  episodeColumns: async () => ({
    action: { width: 2, values: Float64Array.of(0, 1, Number.NaN, 0.5, 1, -1) },
  }),
} as unknown as DatasetReader;

describe('preview page', () => {
  it('escapes every text of the dataset and loads nothing', async () => {
    const page = await previewPage(reader, { episodes: 5, columns: 2, tileWidthPx: 64 });
    expect(page).not.toContain('<script');
    expect(page).toContain('scenario &lt;script&gt;alert(&quot;1&quot;)');
    expect(page).toContain('&quot;&#39;&amp;');
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
  });

  it('allows no script and no connection by its policy, which stands before every text', async () => {
    const page = await previewPage(reader, { episodes: 5, columns: 2, tileWidthPx: 64 });
    const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(page)!;
    expect(policy[1].split('; ')).toEqual([
      "default-src 'none'",
      "style-src 'unsafe-inline'",
      'img-src data:',
      'media-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(policy.index).toBeLessThan(page.indexOf('<title>'));
  });

  it('shows what would reorder a text as an escape', async () => {
    const renamed = { ...reader, root: '/data/a\u202egpj.exe\u001b[2J' } as DatasetReader;
    const page = await previewPage(renamed, { episodes: 5, columns: 2, tileWidthPx: 64 });
    expect(page).toContain('<h1>a\\u202egpj.exe[2J</h1>');
  });

  it('breaks a line where a number is missing', () => {
    const { svg } = rowPlot({ values: [0, 1, Number.NaN, 1, 0], width: 1, fps: 10 });
    expect(
      svg
        .match(/ d="([^"]*)"/)?.[1]
        .match(/[ML]/g)
        ?.join(''),
    ).toBe('MLML');
  });
});
