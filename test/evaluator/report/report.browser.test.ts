import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type WrittenReport, writeReport } from '../../../evaluator/report/write-report.ts';
import { launchChromium, type RunningChromium } from '../../../render/chromium.ts';
import type { RolloutResult } from '../../../rollouts/results.ts';
import { loadScenario } from '../../../scenarios/registry.ts';
import { writeSampleFolder } from './sample-folder.ts';

const EVIL = `"><img src=x onerror="globalThis.broken=1"></title><script>globalThis.broken=1</script>`;

let folder: string;
let written: WrittenReport;
let chromium: RunningChromium;
let page: Page;
const complaints: string[] = [];
const requests: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-report-'));
  const scenarios = ['one-brick'].map((name) => loadScenario(name, process.cwd()));
  const change = (result: RolloutResult): RolloutResult => ({
    ...result,
    scenario: result.scenario + EVIL,
    condition: result.condition + EVIL,
    failure: result.failure && { ...result.failure, evidence: result.failure.evidence + EVIL },
  });
  await writeSampleFolder(folder, { scenarios, perScenario: 4, change, checkpoint: EVIL });
  written = await writeReport(folder, { videos: 3 });
  chromium = await launchChromium('swiftshader');
  [page] = await chromium.browser.pages();
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(written.path).href, { waitUntil: 'load' });
});
afterAll(async () => {
  await chromium?.kill();
  rmSync(folder, { recursive: true, force: true });
});

test('opens from disk without a complaint and asks for nothing', () => {
  expect(complaints).toEqual([]);
  const outside = requests.filter(
    (url) => !url.startsWith('data:') && url !== pathToFileURL(written.path).href,
  );
  expect(outside).toEqual([]);
  expect(written).toMatchObject({ episodes: 3, videos: 3, note: '' });
});

test('plays its videos', async () => {
  const videos = await page.$$eval('video', (all) =>
    Promise.all(
      all.map(async (video) => {
        await video.play();
        return { width: video.videoWidth, error: video.error?.message ?? '', ready: video.readyState >= 3 };
      }),
    ),
  );
  expect(videos).toEqual(videos.map(() => ({ width: 320, error: '', ready: true })));
  expect(videos).toHaveLength(3);
});

test('shows names with HTML in them as what they are', async () => {
  const found = await page.evaluate(() => ({
    broken: 'broken' in globalThis,
    images: document.images.length,
    scripts: document.scripts.length,
    heading: document.querySelector('h1')?.textContent,
    title: document.title,
  }));
  expect(found).toEqual({
    broken: false,
    images: 0,
    scripts: 0,
    heading: EVIL,
    title: `${EVIL}: closed-loop report`,
  });
});

test.each([1280, 390])('fits a window %d px wide', async (width) => {
  await page.setViewport({ width, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
});
