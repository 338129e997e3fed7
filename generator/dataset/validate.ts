/**
 * All that can be checked of a LeRobot v3.0 dataset, ours or anyone's, before a training relies on it. Every fault is
 * gathered; on our own data each names the `gen` command that makes the episode again. Reads one data file at a time.
 */
import { InputError } from '../../sim/errors.ts';
import { checkEpisodeRows, checkTasks } from './checks/episode-rows.ts';
import {
  checkActionRange,
  checkFinite,
  checkIndices,
  checkTimestamps,
  type EpisodeFrames,
} from './checks/frames.ts';
import type { CheckName } from './checks/names.ts';
import {
  ContentCheck,
  checkDuplicates,
  checkFingerprint,
  checkSuccessCriteria,
} from './checks/provenance.ts';
import {
  checkCameraStatistics,
  checkDatasetStatistics,
  checkEpisodeStatistics,
} from './checks/statistics.ts';
import { checkExpectedSize, checkMinimumEpisodes, checkTotals } from './checks/totals.ts';
import { checkEpisodeVideo, checkVideoFile, type VideoFile, videoFiles } from './checks/videos.ts';
import type { EpisodeRow } from './episode-row.ts';
import { decodeTimes } from './ffmpeg.ts';
import { type Finding, Findings, type Skipped } from './findings.ts';
import { STATS_FILE } from './layout.ts';
import type { DataFile, DatasetReader } from './reader.ts';
import { reproduceCommand } from './reproduce.ts';
import type { DatasetStatistics } from './statistics.ts';
import { checksAhead } from './unfinished-append.ts';

export interface ValidateOptions {
  minEpisodes: number;
  expectSize?: { widthPx: number; heightPx: number };
  /** Decode every frame as well. */
  deep: boolean;
  /** Checks to leave out. */
  skip?: readonly CheckName[];
}

export const VALIDATE_DEFAULTS: ValidateOptions = { minEpisodes: 50, deep: false };

export interface ValidationReport {
  ok: boolean;
  episodes: number;
  frames: number;
  faults: Finding[];
  warnings: Finding[];
  /** Checks that this dataset gives no ground for. */
  skipped: Skipped[];
}

export async function validateDataset(
  reader: DatasetReader,
  options: ValidateOptions,
): Promise<ValidationReport> {
  const findings = new Findings([...(options.skip ?? []), ...(await checksAhead(reader))]);
  const { info } = reader;
  const unfinished = await reader.unfinishedAppend();
  if (unfinished) findings.warn(null, 'append', unfinished.message);
  checkMinimumEpisodes(info, options.minEpisodes, findings);
  if (options.expectSize) checkExpectedSize(info, reader.cameraKeys, options.expectSize, findings);
  const rows = (await findings.attempt('episode-rows', () => reader.episodes())) ?? [];
  const tasks = (await findings.attempt('tasks', () => reader.tasks())) ?? [];
  const runs = (await reader.metadata().catch(() => null))?.runs ?? [];
  findings.setRemedy((episode) => {
    const provenance = rows[episode]?.provenance;
    return provenance ? `; make it again with \`${reproduceCommand(info, provenance, runs)}\`` : '';
  });
  checkTotals(info, rows, tasks, findings);
  checkTasks(tasks, findings);
  checkEpisodeRows(rows, tasks, findings);
  const isOurs = (await findings.attempt('metadata', () => checkProvenance(reader, rows, findings))) ?? false;
  await findings.attempt('data', () => checkData(reader, { rows, tasks, isOurs }, findings));
  const files = (await findings.attempt('video', () => videoFiles(reader, rows, findings))) ?? [];
  for (const file of files) {
    await findings.attempt('video', () => checkVideoFile(file, info, findings));
    if (options.deep && findings.wants('decode')) await checkDecoding(file, info.fps, findings);
  }
  findings.close();
  const { faults, warnings, skipped } = findings;
  const { total_episodes: episodes, total_frames: frames } = info;
  return { ok: faults.length === 0, episodes, frames, faults, warnings, skipped };
}

/** Whether the dataset is ours. */
async function checkProvenance(
  reader: DatasetReader,
  rows: readonly EpisodeRow[],
  findings: Findings,
): Promise<boolean> {
  const metadata = await findings.attempt('metadata', () => reader.metadata());
  const hasColumns = rows.length > 0 && rows.every((row) => row.provenance);
  if (!metadata && !hasColumns) {
    const reason = 'needs the metadata.json and the provenance columns that brickyard writes';
    for (const check of ['success-criteria', 'duplicates', 'content']) {
      if (findings.wants(check)) findings.skip(check, reason);
    }
    return false;
  }
  if (!metadata) findings.fault(null, 'metadata', 'metadata.json with the success criteria is missing');
  else {
    checkSuccessCriteria(metadata, rows, findings);
    if (hasColumns) checkFingerprint(reader, metadata, rows, findings);
  }
  if (!hasColumns) findings.fault(null, 'metadata', 'meta/episodes lacks provenance columns');
  checkDuplicates(rows, findings);
  return hasColumns;
}

interface DatasetRows {
  rows: readonly EpisodeRow[];
  tasks: readonly string[];
  isOurs: boolean;
}

async function checkData(
  reader: DatasetReader,
  { rows, tasks, isOurs }: DatasetRows,
  findings: Findings,
): Promise<void> {
  const content = isOurs && findings.wants('content') ? new ContentCheck(reader, findings) : null;
  const statistics: DatasetStatistics[] = [];
  let firstRow = 0;
  const paths = await reader.dataFiles();
  const missing = new Set(
    rows.map((row) => reader.dataPath(row.dataPlace)).filter((path) => !paths.includes(path)),
  );
  for (const path of missing) findings.fault(null, 'data', `${path} is missing`);
  if (missing.size > 0) return; // positions in later files depend on its rows
  for (const path of paths) {
    const file = await findings.attempt('data', () => reader.dataFile(path));
    if (!file) return; // positions in later files depend on this one's rows
    checkColumns(file, findings);
    for (const episode of episodesOf(file, firstRow, rows, reader, findings)) {
      checkFinite(episode, findings);
      checkTimestamps(episode, reader.info, findings);
      checkIndices(episode, tasks, findings);
      checkActionRange(episode, findings);
      statistics.push(checkEpisodeStatistics(episode, findings));
      await content?.check(episode);
    }
    firstRow += file.rows;
  }
  if (firstRow !== reader.info.total_frames) {
    findings.fault(
      null,
      'data',
      `the data files hold ${firstRow} rows, info.json says ${reader.info.total_frames}`,
    );
  }
  await checkStatisticsFile(reader, rows, statistics, findings);
}

function checkColumns(file: DataFile, findings: Findings): void {
  for (const name of file.missing) findings.fault(null, 'data', `${file.path} has no column ${name}`);
  for (const name of file.unknown) {
    findings.fault(
      null,
      'data',
      `${file.path} has a column ${name} that info.json does not name: lerobot refuses it`,
    );
  }
  for (const name of file.irregular) {
    findings.fault(
      null,
      'data',
      `${file.path}: column ${name} has rows that are not of the shape in info.json`,
    );
  }
}

/** The episodes that lie in a file whose first row is number `firstRow` of the dataset. */
function* episodesOf(
  file: DataFile,
  firstRow: number,
  rows: readonly EpisodeRow[],
  reader: DatasetReader,
  findings: Findings,
): Generator<EpisodeFrames> {
  for (const row of rows) {
    if (row.fromIndex < firstRow || row.fromIndex >= firstRow + file.rows) continue;
    const from = row.fromIndex - firstRow;
    if (from + row.length > file.rows) {
      findings.fault(
        row.episodeIndex,
        'data',
        `its ${row.length} rows do not fit into ${file.path} from row ${from} of ${file.rows}`,
      );
      continue;
    }
    if (reader.dataPath(row.dataPlace) !== file.path) {
      findings.fault(
        row.episodeIndex,
        'data',
        `meta/episodes says ${reader.dataPath(row.dataPlace)}, its rows are in ${file.path}`,
      );
    }
    const columns: EpisodeFrames['columns'] = {};
    for (const [name, { width, values }] of Object.entries(file.columns)) {
      columns[name] = { width, values: values.subarray(from * width, (from + row.length) * width) };
    }
    yield { row, frames: row.length, columns };
  }
}

async function checkStatisticsFile(
  reader: DatasetReader,
  rows: readonly EpisodeRow[],
  episodes: readonly DatasetStatistics[],
  findings: Findings,
): Promise<void> {
  const stored = await findings.attempt('statistics', () => reader.statistics());
  if (stored === undefined) return;
  if (stored === null) {
    findings.fault(null, 'statistics', `${STATS_FILE} is missing`);
    return;
  }
  if (episodes.length > 0) checkDatasetStatistics(stored, episodes, findings);
  for (const key of reader.cameraKeys) checkCameraStatistics(key, stored[key], rows, findings);
}

async function checkDecoding(file: VideoFile, fps: number, findings: Findings): Promise<void> {
  // A missing ffmpeg is the user's to mend, not a fault of the dataset.
  const decoded = await decodeTimes(file.path).catch((error: Error) => {
    if (error instanceof InputError) throw error;
    findings.fault(null, 'decode', error.message);
    return null;
  });
  if (!decoded) return;
  for (const error of decoded.errors) findings.fault(null, 'decode', `${file.name}: ${error}`);
  const renamed = { ...file, name: `${file.name}, decoded,` };
  for (const episode of file.episodes) checkEpisodeVideo(episode, decoded.timesS, fps, renamed, findings);
}
