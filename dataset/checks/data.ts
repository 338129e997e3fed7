/** The data files from first to last, with the episodes whose rows they hold. One row group is in memory at a time. */
import type { DataRows } from '../data-rows.ts';
import type { EpisodeIndex } from '../episode-index.ts';
import type { EpisodeRow } from '../episode-row.ts';
import type { Findings } from '../findings.ts';
import { STATS_FILE } from '../layout.ts';
import type { DatasetReader } from '../reader.ts';
import {
  checkActionRange,
  checkFinite,
  checkIndices,
  checkTimestamps,
  type EpisodeFrames,
  isOfOurRobot,
} from './frames.ts';
import { ContentCheck } from './provenance.ts';
import { StatisticsCheck } from './statistics.ts';

export interface DatasetRows {
  index: EpisodeIndex;
  tasks: readonly string[];
  /** Our metadata.json is there. */
  isMadeHere: boolean;
  /** Every episode has its provenance, with the digest of its content. */
  hasDigests: boolean;
}

export async function checkData(
  reader: DatasetReader,
  { index, tasks, isMadeHere, hasDigests }: DatasetRows,
  findings: Findings,
): Promise<void> {
  const { info } = reader;
  const paths = await reader.dataFiles();
  if (!areThere(reader, index, paths, findings)) return; // positions in later files depend on its rows
  const content = hasDigests && findings.wants('content') ? new ContentCheck(reader, findings) : null;
  const cameraKeys = [...reader.cameraKeys, ...reader.imageKeys];
  const statistics = new StatisticsCheck({ features: info.features, cameraKeys, isMadeHere }, findings);
  const hasVideo = reader.cameraKeys.length > 0;
  const isOurRobot = isOfOurRobot(info, isMadeHere);
  const walk = new DataWalk(reader, paths, findings);
  const isWhole = await findings.attempt('data', async () => {
    const parts = { statistics: true, ...(content && { provenance: 'full' as const }) };
    for await (const row of reader.episodeRows(parts)) {
      statistics.addCameras(row);
      const episode = await walk.framesOf(row);
      if (!episode) continue;
      checkFinite(episode, findings);
      checkTimestamps(episode, info, hasVideo, findings);
      checkIndices(episode, tasks, findings);
      if (isOurRobot) checkActionRange(episode, findings);
      statistics.addFrames(episode);
      await content?.check(episode);
    }
    await walk.finish();
    return true;
  });
  if (!isWhole) return;
  if (walk.rows !== info.total_frames) {
    findings.fault(
      null,
      'data',
      `the data files hold ${walk.rows} rows, info.json says ${info.total_frames}`,
    );
  }
  const stored = await findings.attempt('statistics', () => reader.statistics());
  if (stored === undefined) return;
  if (stored && typeof stored === 'object') return statistics.finish(stored);
  const report = (isMadeHere ? findings.fault : findings.warn).bind(findings);
  report(null, 'statistics', `${STATS_FILE} is missing`);
}

function areThere(
  reader: DatasetReader,
  index: EpisodeIndex,
  paths: readonly string[],
  findings: Findings,
): boolean {
  const there = new Set(paths);
  const missing = new Set<string>();
  let last = '';
  for (let k = 0; k < index.count; k++) {
    const place = { chunk: index.number('data/chunk_index', k), file: index.number('data/file_index', k) };
    const name = `${place.chunk}/${place.file}`;
    if (name === last) continue;
    last = name;
    const path = reader.dataPath(place);
    if (!there.has(path)) missing.add(path);
  }
  for (const path of missing) findings.fault(null, 'data', `${path} is missing`);
  return missing.size === 0;
}

/** Goes through the data files once, forwards. */
class DataWalk {
  /** Of all files so far. */
  rows = 0;
  readonly #reader: DatasetReader;
  readonly #paths: readonly string[];
  readonly #findings: Findings;
  #next = 0;
  #file: { path: string; firstRow: number; rows: DataRows } | null = null;
  /** Rows before this belong to episodes that were seen. */
  #seen = 0;

  constructor(reader: DatasetReader, paths: readonly string[], findings: Findings) {
    this.#reader = reader;
    this.#paths = paths;
    this.#findings = findings;
  }

  /** Null for an episode that has no rows of its own; what is wrong with it is said here or by `episode-rows`. */
  async framesOf(row: EpisodeRow): Promise<EpisodeFrames | null> {
    const { fromIndex, length } = row;
    if (!(Number.isInteger(fromIndex) && Number.isInteger(length) && length > 0)) return null;
    if (fromIndex < this.#seen) return null;
    while (!this.#file || fromIndex >= this.#file.firstRow + this.#file.rows.rows) {
      if (!(await this.#open())) return null;
    }
    const { path, firstRow, rows } = this.#file;
    const fault = (message: string): void => this.#findings.fault(row.episodeIndex, 'data', message);
    const from = fromIndex - firstRow;
    if (from + length > rows.rows) {
      fault(`its ${length} rows do not fit into ${path} from row ${from} of ${rows.rows}`);
      return null;
    }
    const said = this.#reader.dataPath(row.dataPlace);
    if (said !== path) fault(`meta/episodes says ${said}, its rows are in ${path}`);
    this.#seen = fromIndex + length;
    try {
      return { row, frames: length, columns: await rows.take(from, from + length) };
    } catch (error) {
      throw new Error(`${path} cannot be read: ${(error as Error).message}`);
    }
  }

  /** Opens the files behind the last episode, too. */
  async finish(): Promise<void> {
    while (await this.#open());
  }

  async #open(): Promise<boolean> {
    if (this.#file) this.#checkColumns(this.#file.path, this.#file.rows);
    this.#file = null;
    const path = this.#paths[this.#next];
    if (path === undefined) return false;
    const rows = await this.#reader.dataRows(path);
    this.#next++;
    this.#file = { path, firstRow: this.rows, rows };
    this.rows += rows.rows;
    return true;
  }

  #checkColumns(path: string, { missing, unknown, irregular }: DataRows): void {
    const fault = (message: string): void => this.#findings.fault(null, 'data', message);
    for (const name of missing) fault(`${path} has no column ${name}`);
    for (const name of unknown)
      fault(`${path} has a column ${name} that info.json does not name: lerobot refuses it`);
    for (const name of irregular)
      fault(`${path}: column ${name} has rows that are not of the shape in info.json`);
  }
}
