import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseEpisodes } from '../../../evaluator/report/choose-episodes.ts';
import { Html, html } from '../../../evaluator/report/html.ts';
import { reportPage } from '../../../evaluator/report/page.ts';
import { rateOf } from '../../../evaluator/report/rates.ts';
import { readReportData, trajectoryOf } from '../../../evaluator/report/report-data.ts';
import { writeReport } from '../../../evaluator/report/write-report.ts';
import type { RolloutResult } from '../../../rollouts/results.ts';
import { escapeMarkup } from '../../../runtime/escape-markup.ts';
import { loadScenario } from '../../../scenarios/registry.ts';
import { InputError } from '../../../sim/errors.ts';
import { loadTask } from '../../../sim/tasks/load-task.ts';
import { writeSampleFolder } from './sample-folder.ts';

let folder: string;
let results: RolloutResult[];
beforeAll(async () => {
  await loadTask();
  folder = mkdtempSync(join(tmpdir(), 'brickyard-report-'));
  const scenarios = ['one-brick', 'wall'].map((name) => loadScenario(name, process.cwd()));
  results = await writeSampleFolder(folder, { scenarios, perScenario: 4 });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

const pageOf = (changed: readonly RolloutResult[]): string =>
  reportPage({ data: { results: [...changed], summary: {}, run: {} }, episodes: [], note: '', madeWith: {} });

describe('html', () => {
  it('escapes what is put in, in text and attributes, and nothing twice', () => {
    const name = `<img src=x onerror="a('b')">&`;
    expect(html`<b title="${name}">${name}${html`<i>${1}</i>`}${[new Html('<u>'), '<']}</b>`.text).toBe(
      `<b title="${escapeMarkup(name)}">${escapeMarkup(name)}<i>1</i><u>&lt;</b>`,
    );
    expect(escapeMarkup(name)).toBe('&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;');
  });
});

describe('the page', () => {
  it('says the rate with its interval, every scenario and every label', async () => {
    await writeReport(folder, { videos: 0 });
    const page = readFileSync(join(folder, 'report.html'), 'utf8');
    const { successes, episodes, low, high } = rateOf(results);
    expect(page).toContain(`${successes} of ${episodes}`);
    expect(page).toContain(`${(100 * low).toFixed(1)} % to ${(100 * high).toFixed(1)} %`);
    const failed = results.filter(({ failure }) => failure);
    expect(failed.length).toBeGreaterThan(1);
    for (const { failure, condition } of failed) {
      expect(page).toContain(failure?.label);
      expect(page).toContain(condition);
      expect(page).toContain(escapeMarkup(failure?.evidence as string));
    }
    for (const words of ['one-brick', 'wall', '0123456789abcdef', 'versions.node', 'machine.cores'])
      expect(page).toContain(words);
  });

  it('holds no script, no handler and no address', () => {
    expect(pageOf(results)).not.toMatch(/<script|\son\w+=|https?:|src="(?!data:)|href="(?!data:)/i);
  });

  it('counts an error as no success and shows what went wrong', () => {
    const [first, ...rest] = results;
    const broken = {
      ...first,
      status: 'error' as const,
      failure: null,
      trajectory: null,
      error: 'hung <twice>',
    };
    const page = pageOf([
      broken,
      ...rest.map((result) => ({ ...result, status: 'success' as const, failure: null })),
    ]);
    expect(page).toContain(`${results.length - 1} of ${results.length}`);
    expect(page).toContain('hung &lt;twice&gt;');
    expect(page).toContain('No rollout failed.');
  });

  it('names the command that drives each failure again, where the run says how it was made', () => {
    const again = ['eval', 'rollout', '--checkpoint', 'a <b>', '--suite', 'smoke'];
    const data = { results, summary: {}, run: { again } };
    const page = reportPage({ data, episodes: [], note: '', madeWith: {} });
    const failed = results.filter(({ status }) => status !== 'success');
    expect(failed.length).toBeGreaterThan(0);
    for (const { condition } of failed)
      expect(page).toContain(
        escapeMarkup(`brickyard eval rollout --checkpoint 'a <b>' --suite smoke --only ${condition}`),
      );
    expect(pageOf(results)).not.toContain('--only');
  });

  it('does not depend on the order in which results came in', () => {
    const other = mkdtempSync(join(tmpdir(), 'brickyard-report-'));
    const lines = readFileSync(join(folder, 'results.jsonl'), 'utf8').trim().split('\n');
    writeFileSync(join(other, 'results.jsonl'), `${lines.reverse().join('\n')}\n`);
    expect(readReportData(other).results).toEqual(readReportData(folder).results);
    rmSync(other, { recursive: true });
  });
});

describe('episodes shown in full', () => {
  const many = (status: 'success' | 'failure', count: number): RolloutResult[] =>
    Array.from({ length: count }, (_, i) => {
      const like = results.find((result) => result.status === status) as RolloutResult;
      return { ...like, condition: `${status}${i}` };
    });
  const count = (chosen: readonly RolloutResult[]) => chosen.map(({ status }) => status[0]).join('');

  it('are failures first, a third successes, and never more than asked for', () => {
    expect(count(chooseEpisodes([...many('success', 9), ...many('failure', 9)], 6))).toBe('ffffss');
    expect(count(chooseEpisodes([...many('success', 9), ...many('failure', 1)], 6))).toBe('fsssss');
    expect(count(chooseEpisodes(many('failure', 9), 6))).toBe('ffffff');
    expect(chooseEpisodes(many('failure', 9), 0)).toEqual([]);
  });

  it('take every label before one twice', () => {
    const [like] = many('failure', 1);
    const labels = ['SPINNING', 'SPINNING', 'SPINNING', 'WALL_STUCK', 'NO_APPROACH'] as const;
    const lost = labels.map((label, i) => ({
      ...like,
      condition: String(i),
      failure: { label, time_s: 0, x_m: 0, z_m: 0, evidence: '' },
    }));
    expect(new Set(chooseEpisodes(lost, 3).map(({ failure }) => failure?.label)).size).toBe(3);
  });
});

describe('a folder that is none', () => {
  it('is refused by name, and nothing is written', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'brickyard-report-'));
    await expect(writeReport(empty)).rejects.toThrow(InputError);
    writeFileSync(join(empty, 'results.jsonl'), '');
    await expect(writeReport(empty)).rejects.toThrow('holds no results yet');
    writeFileSync(join(empty, 'results.jsonl'), '{"condition":1}\n');
    await expect(writeReport(empty)).rejects.toThrow('line 1 is no result');
    writeFileSync(join(empty, 'results.jsonl'), `${JSON.stringify(results[0])}\n`);
    writeFileSync(join(empty, 'summary.json'), '[1');
    await expect(writeReport(empty)).rejects.toThrow('summary.json is no JSON object');
    expect(() => readFileSync(join(empty, 'report.html'))).toThrow('ENOENT');
    rmSync(empty, { recursive: true });
  });

  it('cannot make the report read files outside of it', () => {
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    for (const trajectory of ['../trajectories/0.gz', '/etc/passwd', '../inner2/x'])
      expect(() => trajectoryOf(inner, { ...results[0], trajectory })).toThrow('outside of the folder');
    expect(trajectoryOf(inner, { ...results[0], trajectory: 'gone.gz' })).toBeUndefined();
  });
});
