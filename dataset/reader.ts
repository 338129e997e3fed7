/**
 * Reads a LeRobot v3.0 dataset, ours or anyone's. Opening it reads info.json alone; all else is read when asked for,
 * and throws an ordinary Error that says what is wrong with which file, so that `validate` can go on to the next.
 */
import { join, relative } from 'node:path';
import { confinedRealPath } from '../runtime/confined-path.ts';
import { namesIn } from '../runtime/disk.ts';
import { readRegular } from '../runtime/regular-file.ts';
import { type CameraSize, cameraSize } from './camera-shape.ts';
import { DataRows, type NumberColumns } from './data-rows.ts';
import { confinedPath, type DatasetInfo, readInfo } from './dataset-info.ts';
import { EpisodeIndex } from './episode-index.ts';
import type { EpisodeRow } from './episode-row.ts';
import { ALL_PARTS, type RowParts, rowsOfFile } from './episode-rows.ts';
import { type FilePlace, fillPath, METADATA_FILE, STATS_FILE, TASKS_FILE } from './layout.ts';
import type { DatasetMetadata } from './metadata.ts';
import { GrowingNumbers } from './number-columns.ts';
import { openParquet, type ParquetFile } from './parquet-file.ts';
import { parsePythonJson } from './python-json.ts';
import { taskTexts } from './task-table.ts';
import { findUnfinishedAppend, type UnfinishedAppend } from './unfinished-append.ts';

/** The columns of one data file: rows x width numbers each. int64 beyond 2^53 is not told apart. */
export interface DataFile {
  /** Relative to the dataset. */
  path: string;
  rows: number;
  columns: NumberColumns;
  /** Columns whose rows are not all of the feature's width, or not numbers. */
  irregular: string[];
  /** Columns of the file that info.json does not name, and features that the file lacks. */
  unknown: readonly string[];
  missing: readonly string[];
}

/** Where the frames of one episode's camera lie. */
export interface VideoRange {
  path: string;
  fromS: number;
  toS: number;
}

export class DatasetReader {
  readonly root: string;
  readonly info: DatasetInfo;
  /** Features that are stored as video. */
  readonly cameraKeys: readonly string[];
  /** Paths of videos that were found inside the dataset. */
  readonly #confined = new Set<string>();

  #unfinished: Promise<UnfinishedAppend | null> | undefined;

  private constructor(root: string, info: DatasetInfo) {
    this.root = root;
    this.info = info;
    this.cameraKeys = Object.keys(info.features).filter((key) => info.features[key].dtype === 'video');
  }

  /** Throws InputError when the folder is no LeRobot v3.0 dataset. */
  static async open(root: string): Promise<DatasetReader> {
    return new DatasetReader(root, await readInfo(root));
  }

  /** Cameras whose pictures are stored in the rows. */
  get imageKeys(): string[] {
    return Object.keys(this.info.features).filter((key) => this.info.features[key].dtype === 'image');
  }

  /** Of a camera, whatever the order of its axes. */
  cameraSize(key: string): CameraSize {
    return cameraSize(this.info.features[key]);
  }

  /** Where all episodes are. Rows at and beyond total_episodes are not the dataset's. */
  async episodeIndex(options: { withProvenance?: boolean } = {}): Promise<EpisodeIndex> {
    return EpisodeIndex.of(this.#episodeTables(), this.cameraKeys, options);
  }

  /** The rows of meta/episodes one after the other, in the order of the files. */
  async *episodeRows(parts: RowParts = {}): AsyncGenerator<EpisodeRow> {
    for await (const table of this.#episodeTables()) yield* rowsOfFile(table, this.cameraKeys, parts);
  }

  /** Some rows of meta/episodes by their positions, with all that they say. Files without any of them are not read. */
  async episodesAt(positions: Iterable<number>): Promise<Map<number, EpisodeRow>> {
    const wanted = [...new Set(positions)].filter((k) => Number.isInteger(k) && k >= 0).sort((a, b) => a - b);
    const found = new Map<number, EpisodeRow>();
    let first = 0;
    let next = 0;
    for await (const table of this.#episodeTables()) {
      for (; next < wanted.length && wanted[next] < first + table.rows; next++) {
        const from = wanted[next] - first;
        const range = { from, to: from + 1 };
        for await (const row of rowsOfFile(table, this.cameraKeys, ALL_PARTS, range))
          found.set(wanted[next], row);
      }
      first += table.rows;
      if (next === wanted.length) break;
    }
    return found;
  }

  /** All rows of meta/episodes at once, with all that they say: ten kilobytes each. For datasets known to be small. */
  async episodes(): Promise<EpisodeRow[]> {
    const rows: EpisodeRow[] = [];
    for await (const row of this.episodeRows(ALL_PARTS)) rows.push(row);
    return rows;
  }

  /** Texts of the tasks by task_index. */
  async tasks(): Promise<string[]> {
    return this.#withParquet(TASKS_FILE, taskTexts);
  }

  /** stats.json as it stands, or null. */
  async statistics(): Promise<Record<string, Record<string, unknown>> | null> {
    return this.#readJson(STATS_FILE);
  }

  /** Our metadata.json; null for datasets that others made. */
  async metadata(): Promise<DatasetMetadata | null> {
    const value = await this.#readJson<DatasetMetadata>(METADATA_FILE);
    return value?.made_by === 'brickyard' ? value : null;
  }

  /** metadata.json of anyone who calls a file so; of a merged foreign dataset it has the weights. */
  async anyMetadata(): Promise<Record<string, unknown> | null> {
    return this.#readJson(METADATA_FILE);
  }

  /** Paths of the files of episode rows, relative, in their order. */
  async episodeFiles(): Promise<string[]> {
    return this.#numberedFiles('meta/episodes');
  }

  /** Paths of the data files, relative, in the order of their rows. */
  async dataFiles(): Promise<string[]> {
    return this.#numberedFiles('data');
  }

  /** The rows of one data file, to be taken a few at a time. */
  async dataRows(path: string): Promise<DataRows> {
    return this.#withParquet(path, async (table) => new DataRows(table, this.info.features));
  }

  /** One data file as a whole; pictures and strings are left out. */
  async dataFile(path: string): Promise<DataFile> {
    const rows = await this.dataRows(path);
    const columns = await named(path, () => rows.take(0, rows.rows));
    const { unknown, missing } = rows;
    return { path, rows: rows.rows, columns, irregular: [...rows.irregular], unknown, missing };
  }

  /** One column of one data file: a number a row. Throws when the file has no such column. */
  async scalars(path: string, name: string): Promise<Float64Array> {
    return this.#withParquet(path, async (table) => {
      if (!table.columns.includes(name)) throw new Error(`it has no column ${name}`);
      table.assertPlausible([name]);
      const numbers = new GrowingNumbers();
      for (const group of table.groups.keys()) numbers.push((await table.numbers(name, group)).values);
      return numbers.values();
    });
  }

  /** The rows of one episode. */
  async episodeColumns(row: EpisodeRow): Promise<DataFile['columns']> {
    const path = this.dataPath(row.dataPlace);
    return this.#withParquet(path, async (table) => {
      const [first] =
        table.columns.includes('index') && table.rows > 0 ? await table.read(['index'], FIRST) : [];
      const from = row.fromIndex - Number(first?.index ?? 0);
      if (!(from >= 0 && from + row.length <= table.rows))
        throw new Error(`episode ${row.episodeIndex} is not in it`);
      return new DataRows(table, this.info.features).take(from, from + row.length);
    });
  }

  /** Relative path of the data file of an episode, by info.json's template. */
  dataPath(place: FilePlace): string {
    return relative(this.root, confinedPath(this.root, fillPath(this.info.data_path, place)));
  }

  /** Throws when the episode has no such camera. */
  videoRange(row: EpisodeRow, cameraKey: string): VideoRange {
    const range = row.videos[cameraKey];
    if (!range) throw new Error(`episode ${row.episodeIndex} has no place in a video of ${cameraKey}`);
    return { path: this.videoFile(cameraKey, range.place), fromS: range.fromS, toS: range.toS };
  }

  /** Absolute path of a video, by info.json's template. @throws InputError when it, or a link, leads out */
  videoFile(key: string, place: FilePlace): string {
    const path = confinedPath(this.root, fillPath(this.info.video_path ?? '', place, key));
    if (!this.#confined.has(path)) {
      // A file that is missing is found by whoever opens it.
      if (this.#realPath(relative(this.root, path)) === null) return path;
      this.#confined.add(path);
    }
    return path;
  }

  async *#episodeTables(): AsyncGenerator<ParquetFile> {
    for (const path of await this.episodeFiles()) {
      yield await this.table(path);
    }
  }

  /** Null for nearly all datasets; otherwise what the files below do not include. */
  unfinishedAppend(): Promise<UnfinishedAppend | null> {
    this.#unfinished ??= this.#findUnfinishedAppend();
    return this.#unfinished;
  }

  async #findUnfinishedAppend(): Promise<UnfinishedAppend | null> {
    const files = { episodes: await this.allFiles('meta/episodes'), data: await this.allFiles('data') };
    return findUnfinishedAppend(this.root, this.info, files, (path) =>
      this.#withParquet(path, async (table) => table.rows),
    );
  }

  async #numberedFiles(folder: string): Promise<string[]> {
    const beyond = (await this.unfinishedAppend())?.beyond;
    return (await this.allFiles(folder)).filter((path) => !beyond?.has(path));
  }

  /** What lerobot finds by the pattern FOLDER/*\/*.parquet, sorted the way it sorts. */
  async allFiles(folder: string): Promise<string[]> {
    const paths: string[] = [];
    for (const chunk of await namesIn(join(this.root, folder)).catch(() => [])) {
      const names = await namesIn(join(this.root, folder, chunk)).catch(() => []);
      for (const name of names) if (name.endsWith('.parquet')) paths.push(`${folder}/${chunk}/${name}`);
    }
    return paths.sort();
  }

  /** A table of the dataset, by its path relative to it. @throws Error naming the file when it cannot be read */
  async table(path: string): Promise<ParquetFile> {
    return this.#withParquet(path, async (table) => table);
  }

  /** Whatever goes wrong names the file. */
  async #withParquet<T>(path: string, read: (table: ParquetFile) => Promise<T>): Promise<T> {
    const real = this.#realPath(path);
    if (real === null) throw new Error(`${path} is missing`);
    return named(path, async () => read(await openParquet(real)));
  }

  async #readJson<T>(path: string): Promise<T | null> {
    const real = this.#realPath(path);
    if (real === null) return null;
    const text = await named(path, async () => (await readRegular(real)).toString('utf8'));
    try {
      return parsePythonJson(text) as T;
    } catch (error) {
      throw new Error(`${path} is not JSON: ${(error as Error).message}`);
    }
  }

  /** Null when there is no such file. @throws InputError when the path, or a link on it, leads out of the dataset */
  #realPath(path: string): string | null {
    try {
      return confinedRealPath(this.root, path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      throw error;
    }
  }
}

const FIRST = { from: 0, to: 1 };

async function named<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as Error).message}`);
  }
}
