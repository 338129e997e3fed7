/** Makes report.html from a rollout's folder. */

import { join } from 'node:path';
import { openRenderer, RendererCrash } from '../../render/renderer.ts';
import { writeWholeFile } from '../../runtime/disk.ts';
import { assertReplaceable } from '../../runtime/output-file.ts';
import { InputError } from '../../sim/errors.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { chooseEpisodes } from './choose-episodes.ts';
import { drawVideo } from './episode-video.ts';
import { reportPage } from './page.ts';
import { readReportData, type ShownEpisode, taskOfRun, trajectoryOf } from './report-data.ts';

export interface ReportOptions {
  /** Episodes shown in full, with a video each. */
  videos: number;
  /** All videos together; an episode beyond it is shown without one. */
  mostVideoBytes: number;
  /** Where the page goes; FOLDER/report.html when left out. */
  out?: string;
  /** Whether a file of that name that was not made here may be replaced; never asked in FOLDER itself. */
  force?: boolean;
}

export const REPORT_DEFAULTS = { videos: 9, mostVideoBytes: 24 * 2 ** 20 } as const satisfies ReportOptions;
export const REPORT_FILE = 'report.html';
export const MOST_VIDEOS = 60;

export interface WrittenReport {
  path: string;
  bytes: number;
  episodes: number;
  videos: number;
  /** Why videos are missing; empty when none is. */
  note: string;
}

/**
 * Writes the report of a folder that `eval rollout` made; whole or not at all.
 * @throws InputError when the folder holds no results, or they are damaged
 */
export async function writeReport(
  folder: string,
  options: Partial<ReportOptions> = {},
): Promise<WrittenReport> {
  const { videos, mostVideoBytes, out, force } = { ...REPORT_DEFAULTS, ...options };
  const path = out ?? join(folder, REPORT_FILE);
  const assertPlace = (): void => assertReplaceable(path, { force: force || out === undefined });
  assertPlace();
  const data = readReportData(folder);
  await loadTask(taskOfRun(data.run));
  const shown = chooseEpisodes(data.results, videos).flatMap((result): ShownEpisode[] => {
    const trajectory = trajectoryOf(folder, result);
    return trajectory && trajectory.frames > 0 ? [{ result, trajectory }] : [];
  });
  const drawn =
    shown.length > 0 ? await drawAll(shown, mostVideoBytes) : { episodes: shown, note: '', stack: '' };
  const madeWith = drawn.stack ? { 'videos drawn with': drawn.stack } : ({} as Record<string, string>);
  const page = reportPage({ data, episodes: drawn.episodes, note: drawn.note, madeWith });
  assertPlace();
  writeWholeFile(path, page);
  return {
    path,
    bytes: Buffer.byteLength(page),
    episodes: drawn.episodes.length,
    videos: drawn.episodes.filter(({ video }) => video).length,
    note: drawn.note,
  };
}

/** A report without videos is still a report: a missing or crashed browser becomes a note. */
async function drawAll(shown: readonly ShownEpisode[], mostBytes: number) {
  const episodes = [...shown];
  let left = mostBytes;
  try {
    const renderer = await openRenderer();
    try {
      for (const [i, episode] of shown.entries()) {
        const video = await drawVideo(renderer, episode);
        if (video.mp4.length > left) continue;
        left -= video.mp4.length;
        episodes[i] = { ...episode, video };
      }
      const { backend, glRenderer, browser } = renderer.stack;
      const missing = episodes.filter(({ video }) => !video).length;
      const note =
        missing > 0
          ? `${missing} videos were left out to keep the page below ${Math.round(mostBytes / 2 ** 20)} MiB.`
          : '';
      return { episodes, note, stack: `${browser}, ${backend}, ${glRenderer}` };
    } finally {
      await renderer.close();
    }
  } catch (error) {
    if (!(error instanceof RendererCrash || error instanceof InputError)) throw error;
    return { episodes, note: `Videos are missing: ${error.message}.`, stack: '' };
  }
}
