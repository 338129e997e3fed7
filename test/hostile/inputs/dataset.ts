/** A small healthy dataset, and copies of it with one thing changed. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { madeUpVideo } from '../../dataset/made-up-video.ts';
import { madeUpRecord } from '../../dataset/records.ts';
import { writeAll } from '../../dataset/small-dataset.ts';
import type { Format, HostileCase, HostileClass, Place } from '../case.ts';

export const INFO = 'meta/info.json';
export const STATS = 'meta/stats.json';
export const DATA = 'data/chunk-000/file-000.parquet';
export const EPISODES = 'meta/episodes/chunk-000/file-000.parquet';
export const TASKS = 'meta/tasks.parquet';
export const CAMERA = 'observation.images.ego';
export const VIDEO = `videos/${CAMERA}/chunk-000/file-000.mp4`;

let base: string | undefined;

/** Made once; call `removeBase` at the end. */
export async function datasetBase(): Promise<string> {
  if (base) return base;
  base = join(mkdtempSync(join(tmpdir(), 'brickyard-hostile-base-')), 'dataset');
  const some = [9, 14].map((frames, episode) =>
    madeUpRecord({ episode, frames, video: madeUpVideo({ frames, seed: episode }) }),
  );
  await writeAll({ out: base, some });
  return base;
}

export function removeBase(): void {
  if (base) rmSync(join(base, '..'), { recursive: true });
  base = undefined;
}

export const validate = ({ folder }: Place): string[] => [
  'dataset',
  'validate',
  '--min-episodes',
  '1',
  join(folder, 'dataset'),
];
export const info = ({ folder }: Place): string[] => ['dataset', 'info', join(folder, 'dataset')];
export const split = ({ folder, out }: Place): string[] => [
  ...['dataset', 'split', join(folder, 'dataset')],
  ...['--out', out, '--parts', 'train:0.5,val:0.5'],
];
export const merge = ({ folder, out }: Place): string[] => [
  ...['dataset', 'merge', join(folder, 'dataset'), join(folder, 'dataset'), '--out', out],
];
export const toHdf5 = ({ folder, out }: Place): string[] => [
  ...['dataset', 'convert', join(folder, 'dataset'), '--to', 'hdf5', '--out', out],
];
export const preview = ({ folder, out }: Place): string[] => [
  ...['dataset', 'preview', join(folder, 'dataset'), '--out', `${out}.html`],
];

export type Change = (root: string, place: Place) => void | Promise<void>;

interface DatasetCase {
  format: Format;
  kind: HostileClass;
  name: string;
  change: Change;
  says: RegExp;
  codes?: readonly number[];
  argv?: (place: Place) => string[];
}

export function datasetCase({ change, codes = [1, 2], argv = validate, ...rest }: DatasetCase): HostileCase {
  return {
    ...rest,
    codes,
    argv,
    make: async (place) => {
      const root = join(place.folder, 'dataset');
      cpSync(await datasetBase(), root, { recursive: true });
      await change(root, place);
    },
  };
}

/** Changes a JSON file of the dataset. */
export const json =
  (file: string, edit: (value: Record<string, never>) => void): Change =>
  (root) => {
    const value = JSON.parse(readFileSync(join(root, file), 'utf8'));
    edit(value);
    writeFileSync(join(root, file), JSON.stringify(value));
  };

/** Sets, or with undefined removes, one value of a JSON file. */
export const put = (file: string, path: readonly (string | number)[], value: unknown): Change =>
  json(file, (root) => {
    let at = root as Record<string | number, unknown>;
    for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
    if (value === undefined) delete at[path.at(-1)!];
    else at[path.at(-1)!] = value;
  });

/** Replaces text in a file, for JSON that no serializer writes. */
export const replaced =
  (file: string, from: string | RegExp, to: string): Change =>
  (root) => {
    const text = readFileSync(join(root, file), 'utf8');
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`${file} does not hold ${from}`);
    writeFileSync(join(root, file), changed);
  };

/** Changes the bytes of a file. */
export const bytes =
  (file: string, edit: (content: Buffer) => Uint8Array): Change =>
  (root) =>
    writeFileSync(join(root, file), edit(readFileSync(join(root, file))));
