/**
 * Reads a LeRobot v3.0 dataset, ours or anyone's. Opening it reads info.json alone; all else is read when asked for,
 * and throws an ordinary Error that says what is wrong with which file, so that `validate` can go on to the next.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { confinedPath, type DatasetInfo, readInfo } from './dataset-info.ts';
import { namesIn } from './disk.ts';
import { type EpisodeRow, episodeRow } from './episode-row.ts';
import { type FilePlace, fillPath, METADATA_FILE, STATS_FILE, TASKS_FILE } from './layout.ts';
import type { DatasetMetadata } from './metadata.ts';
import { openParquet, type ParquetFile } from './parquet-file.ts';
import { findUnfinishedAppend, type UnfinishedAppend } from './unfinished-append.ts';

/** The columns of one data file: rows x width numbers each. int64 beyond 2^53 is not told apart. */
export interface DataFile {
  /** Relative to the dataset. */
  path: string;
  rows: number;
  columns: Record<string, { width: number; values: Float64Array }>;
  /** Columns whose rows are not all of the feature's width, or not numbers. */
  irregular: string[];
  /** Columns of the file that info.json does not name, and features that the file lacks. */
  unknown: string[];
  missing: string[];
}

/** Where the frames of one episode's camera lie. */
export interface VideoRange {
  path: string;
  fromS: number;
  toS: number;
}

const NUMBERS = [
  'float32',
  'float64',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'bool',
];

export class DatasetReader {
  readonly root: string;
  readonly info: DatasetInfo;

  #unfinished: Promise<UnfinishedAppend | null> | undefined;

  private constructor(root: string, info: DatasetInfo) {
    this.root = root;
    this.info = info;
  }

  /** Throws InputError when the folder is no LeRobot v3.0 dataset. */
  static async open(root: string): Promise<DatasetReader> {
    const info = await readInfo(root);
    confinedPath(root, fillPath(info.data_path, { chunk: 0, file: 0 }));
    const reader = new DatasetReader(root, info);
    for (const key of reader.cameraKeys) if (info.video_path) reader.#videoPath(key, { chunk: 0, file: 0 });
    return reader;
  }

  /** Features that are stored as video. */
  get cameraKeys(): string[] {
    return Object.keys(this.info.features).filter((key) => this.info.features[key].dtype === 'video');
  }

  /** All rows of meta/episodes, in the order of the files. Rows at and beyond total_episodes are not the dataset's. */
  async episodes(): Promise<EpisodeRow[]> {
    const rows: EpisodeRow[] = [];
    for (const path of await this.#numberedFiles('meta/episodes')) {
      const objects = await this.#readParquet(path);
      for (const object of objects) rows.push(episodeRow(object, this.cameraKeys));
    }
    return rows;
  }

  /** Texts of the tasks by task_index. */
  async tasks(): Promise<string[]> {
    const rows = await this.#readParquet(TASKS_FILE);
    const texts: string[] = [];
    for (const row of rows) {
      // pandas names an unnamed index __index_level_0__, which is what lerobot 0.4 writes.
      texts[Number(row.task_index)] = String(row.task ?? row.__index_level_0__);
    }
    return texts;
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

  /** One data file; pictures and strings are left out. */
  async dataFile(path: string): Promise<DataFile> {
    return this.#withParquet(path, (table) => this.#takeDataFile(path, table));
  }

  async #takeDataFile(path: string, table: ParquetFile): Promise<DataFile> {
    const { features } = this.info;
    const stored = Object.keys(features).filter((key) => features[key].dtype !== 'video');
    const wanted = stored.filter(
      (key) => NUMBERS.includes(features[key].dtype) && table.columns.includes(key),
    );
    const objects = await table.read(wanted);
    const file: DataFile = {
      path,
      rows: objects.length,
      columns: {},
      irregular: [],
      unknown: table.columns.filter((name) => !stored.includes(name)),
      missing: stored.filter((key) => !table.columns.includes(key)),
    };
    for (const key of wanted) {
      const width = features[key].shape.reduce((a, b) => a * b, 1);
      const values = new Float64Array(objects.length * width);
      const isRegular = objects.every((row, i) => takeRow(values, i * width, width, row[key]));
      file.columns[key] = { width, values };
      if (!isRegular) file.irregular.push(key);
    }
    return file;
  }

  /** One column of one data file: a number a row. Throws when the file has no such column. */
  async scalars(path: string, name: string): Promise<Float64Array> {
    return this.#withParquet(path, async (table) => {
      if (!table.columns.includes(name)) throw new Error(`it has no column ${name}`);
      const rows = await table.read([name]);
      return Float64Array.from(rows, (row) => numberOf(row[name]));
    });
  }

  /** The rows of one episode. Reads the whole file that it lies in. */
  async episodeColumns(row: EpisodeRow): Promise<DataFile['columns']> {
    const { columns, rows, path } = await this.dataFile(this.dataPath(row.dataPlace));
    const from = row.fromIndex - (columns.index?.values[0] ?? 0);
    if (!(from >= 0 && from + row.length <= rows))
      throw new Error(`episode ${row.episodeIndex} is not in ${path}`);
    const part = ({ width, values }: DataFile['columns'][string]) => ({
      width,
      values: values.subarray(from * width, (from + row.length) * width),
    });
    return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, part(column)]));
  }

  /** Relative path of the data file of an episode, by info.json's template. */
  dataPath(place: FilePlace): string {
    return relative(this.root, confinedPath(this.root, fillPath(this.info.data_path, place)));
  }

  /** Throws when the episode has no such camera. */
  videoRange(row: EpisodeRow, cameraKey: string): VideoRange {
    const range = row.videos[cameraKey];
    if (!range) throw new Error(`episode ${row.episodeIndex} has no place in a video of ${cameraKey}`);
    return { path: this.#videoPath(cameraKey, range.place), fromS: range.fromS, toS: range.toS };
  }

  #videoPath(key: string, place: FilePlace): string {
    return confinedPath(this.root, fillPath(this.info.video_path ?? '', place, key));
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
    for (const chunk of await namesIn(join(this.root, folder))) {
      const names = await namesIn(join(this.root, folder, chunk)).catch(() => []);
      for (const name of names) if (name.endsWith('.parquet')) paths.push(`${folder}/${chunk}/${name}`);
    }
    return paths.sort();
  }

  async #readParquet(path: string): Promise<Record<string, unknown>[]> {
    return this.#withParquet(path, (table) => table.read());
  }

  /** Whatever goes wrong names the file. */
  async #withParquet<T>(path: string, read: (table: ParquetFile) => Promise<T>): Promise<T> {
    const full = join(this.root, path);
    if (!existsSync(full)) throw new Error(`${path} is missing`);
    try {
      return await read(await openParquet(full));
    } catch (error) {
      throw new Error(`${path} cannot be read: ${(error as Error).message}`);
    }
  }

  async #readJson<T>(path: string): Promise<T | null> {
    const full = join(this.root, path);
    if (!existsSync(full)) return null;
    try {
      return JSON.parse(await readFile(full, 'utf8')) as T;
    } catch (error) {
      throw new Error(`${path} is not JSON: ${(error as Error).message}`);
    }
  }
}

/** Whether the cell was `width` numbers. */
function takeRow(values: Float64Array, offset: number, width: number, cell: unknown): boolean {
  const items: unknown[] = Array.isArray(cell) ? cell.flat(Infinity) : [cell];
  for (let d = 0; d < width; d++) values[offset + d] = numberOf(items[d]);
  return (
    items.length === width && items.every((item) => ['number', 'bigint', 'boolean'].includes(typeof item))
  );
}

const numberOf = (item: unknown): number => (item === null || item === undefined ? Number.NaN : Number(item));
