/**
 * All that can be checked of a LeRobot v3.0 dataset, ours or anyone's, before a training relies on it. Every fault is
 * gathered; on our own data each names the `gen` command that makes the episode again. Reads one data file at a time.
 */
import { InputError } from '../sim/errors.ts';
import { checkData } from './checks/data.ts';
import { checkEpisodeRows, checkTasks } from './checks/episode-rows.ts';
import type { CheckName } from './checks/names.ts';
import { ProvenanceCheck } from './checks/provenance.ts';
import { checkExpectedSize, checkMinimumEpisodes, checkTotals } from './checks/totals.ts';
import { checksAhead } from './checks/unfinished-append.ts';
import { checkEpisodesIn, checkVideoFile, type VideoFile, videoFiles } from './checks/videos.ts';
import { EpisodeIndex } from './episode-index.ts';
import { decodeTimes } from './ffmpeg.ts';
import { type Finding, Findings, type Skipped } from './findings.ts';
import type { DatasetReader } from './reader.ts';
import { reproduceCommand } from './reproduce.ts';

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
  const index = (await findings.attempt('episode-rows', () => reader.episodeIndex())) ?? EpisodeIndex.empty();
  const tasks = (await findings.attempt('tasks', () => reader.tasks())) ?? [];
  checkTotals(info, index, tasks, findings);
  checkTasks(tasks, findings);
  checkEpisodeRows(index, tasks, findings);
  const origin = await findings.attempt('metadata', () => checkProvenance(reader, findings));
  const { isMadeHere, hasDigests } = origin ?? { isMadeHere: false, hasDigests: false };
  const rows = { index, tasks, isMadeHere, hasDigests };
  await findings.attempt('data', () => checkData(reader, rows, findings));
  const files = (await findings.attempt('video', () => videoFiles(reader, index, findings))) ?? [];
  for (const file of files) {
    await findings.attempt('video', () => checkVideoFile(file, index, info, findings));
    if (options.deep && findings.wants('decode')) await checkDecoding(file, index, info.fps, findings);
  }
  if (hasDigests) await addRemedies(reader, findings);
  findings.close();
  const { faults, warnings, skipped } = findings;
  const { total_episodes: episodes, total_frames: frames } = info;
  return { ok: faults.length === 0, episodes, frames, faults, warnings, skipped };
}

interface Origin {
  /** Our metadata.json is there. */
  isMadeHere: boolean;
  /** Every episode has its provenance. */
  hasDigests: boolean;
}

async function checkProvenance(reader: DatasetReader, findings: Findings): Promise<Origin> {
  const metadata = await findings.attempt('metadata', () => reader.metadata());
  const check = new ProvenanceCheck(findings);
  for await (const row of reader.episodeRows({ provenance: 'brief' })) {
    check.add(row);
    if (!row.provenance) break; // one without is enough to know
  }
  const hasDigests = check.isComplete;
  if (!metadata && !hasDigests) {
    const reason = 'needs the metadata.json and the provenance columns that brickyard writes';
    for (const name of ['success-criteria', 'duplicates', 'content']) {
      if (findings.wants(name)) findings.skip(name, reason);
    }
    return { isMadeHere: false, hasDigests };
  }
  if (!metadata) findings.fault(null, 'metadata', 'metadata.json with the success criteria is missing');
  else {
    check.checkSuccessCriteria(metadata);
    if (hasDigests) check.checkFingerprint(reader, metadata);
  }
  if (!hasDigests) findings.fault(null, 'metadata', 'meta/episodes lacks provenance columns');
  await check.checkDuplicates(reader);
  return { isMadeHere: Boolean(metadata) || hasDigests, hasDigests };
}

/** Says of each faulty episode of ours how to make it again. */
async function addRemedies(reader: DatasetReader, findings: Findings): Promise<void> {
  const rows = await reader.episodesAt(findings.faultyEpisodes).catch(() => new Map<number, never>());
  const runs = (await reader.metadata().catch(() => null))?.runs ?? [];
  findings.addRemedies((episode) => {
    const provenance = rows.get(episode)?.provenance;
    return provenance ? `; make it again with \`${reproduceCommand(reader.info, provenance, runs)}\`` : '';
  });
}

async function checkDecoding(
  file: VideoFile,
  index: EpisodeIndex,
  fps: number,
  findings: Findings,
): Promise<void> {
  // A missing ffmpeg is the user's to install, not a fault of the dataset.
  const decoded = await decodeTimes(file.path).catch((error: Error) => {
    if (error instanceof InputError) throw error;
    findings.fault(null, 'decode', error.message);
    return null;
  });
  if (!decoded) return;
  for (const error of decoded.errors) findings.fault(null, 'decode', `${file.name}: ${error}`);
  const renamed = { ...file, name: `${file.name}, decoded,` };
  checkEpisodesIn(renamed, index, decoded.timesS.slice().sort(), fps, findings);
}
