/**
 * A dataset's folder to storage and back, as it lies on the disk, with dataset.manifest.json written last. What is
 * there already with the same bytes is not sent or fetched again. On the Hub, whose commits are whole, a dataset that
 * others made needs no manifest. The Python twin is trainer/brickyard_trainer/publishing/fetch.py.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { readRegular } from '../../../runtime/regular-file.ts';
import { InputError } from '../../../sim/errors.ts';
import { StoreError } from '../remote/ports.ts';
import { createRepository, tagHead } from './hub-commit.ts';
import { HubStore } from './hub-store.ts';
import { type ObjectStore, objectPath, readTextIfThere } from './object-store.ts';
import { digestOfSource, hasBytesOf, sizeOf } from './same-bytes.ts';
import { type DownloadOptions, downloadFolder, type FileFacts } from './verified-download.ts';

export const DATASET_MANIFEST = 'dataset.manifest.json';
/** What makes a folder one; also of others' datasets. */
const INFO = 'meta/info.json';
/** Of the repository, not of the dataset. */
const REPOSITORY_FILES = /^(\.gitattributes|README\.md|\.gitignore)$/;

const manifestSchema = z.strictObject({
  format: z.literal(1),
  files: z
    .array(
      z.strictObject({
        path: z.string().regex(/^(?!.*(^|\/)\.\.?(\/|$))[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/),
        bytes: z.number().int().nonnegative(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1),
});

export interface DatasetUpload {
  bytes: number;
  /** Of them, went out in this call, broken tries included. */
  sentBytes: number;
  /** Whether all of it was there before. */
  wasThere: boolean;
}

export interface UploadOptions {
  /** Bytes that are there or went out, of all. */
  onProgress?(doneBytes: number, totalBytes: number): void;
}

/**
 * On the Hub the repository is made, private, where there is none.
 * @throws InputError when the place holds another dataset
 * @throws StoreError; what was sent by then stays, and the next call goes on
 */
export async function uploadDataset(
  folder: string,
  store: ObjectStore,
  { onProgress }: UploadOptions = {},
): Promise<DatasetUpload> {
  const files = await factsOf(folder);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const manifest = JSON.stringify({ format: 1, files: files.map(asWritten) });
  if (store instanceof HubStore) await createRepository(store.connection);
  const there = await readTextIfThere(store, DATASET_MANIFEST);
  if (there !== undefined) {
    if (there === manifest) {
      await tagVersion(folder, store);
      return { bytes, sentBytes: 0, wasThere: true };
    }
    throw new InputError(`${store.url} holds another dataset: name another place, or delete that one`);
  }
  let sentBytes = 0;
  let doneBytes = 0;
  const objects = new Map((await store.list('')).map((info) => [info.path, info]));
  const missing: FileFacts[] = [];
  for (const file of files) {
    const info = objects.get(file.path);
    if (info && (await hasBytesOf(store, info, { file: join(folder, file.path) }))) doneBytes += file.bytes;
    else missing.push(file);
  }
  onProgress?.(doneBytes, bytes);
  const entries = missing.map(({ path }) => ({ path, source: { file: join(folder, path) } }));
  await store.writeAll([...entries, { path: DATASET_MANIFEST, source: Buffer.from(manifest) }], {
    ifAbsent: true,
    onSent: (sent) => {
      sentBytes += sent;
      onProgress?.(Math.min(bytes, doneBytes + sentBytes), bytes);
    },
  });
  await tagVersion(folder, store);
  return { bytes, sentBytes, wasThere: false };
}

/** LeRobotDataset asks the Hub for the tag of its format's version, and takes no dataset without one. */
async function tagVersion(folder: string, store: ObjectStore): Promise<void> {
  if (!(store instanceof HubStore)) return;
  const info = JSON.parse((await readRegular(join(folder, INFO))).toString('utf8')) as {
    codebase_version?: unknown;
  };
  if (typeof info.codebase_version === 'string') await tagHead(store.connection, info.codebase_version);
}

/**
 * FOLDER appears whole or not at all.
 * @throws StoreError `not-found` when there is no whole dataset, `damaged`
 */
export async function downloadDataset(
  store: ObjectStore,
  folder: string,
  options: DownloadOptions = {},
): Promise<void> {
  const files = await storedDataset(store);
  await mkdir(dirname(folder), { recursive: true });
  await downloadFolder({ store, prefix: '', files, folder, ...options });
  if (
    !existsSync(join(folder, DATASET_MANIFEST)) &&
    files.every(({ digest }) => digest.startsWith('sha256:'))
  )
    await writeFile(
      join(folder, DATASET_MANIFEST),
      JSON.stringify({ format: 1, files: files.map(asWritten) }),
    );
}

/**
 * The files of the dataset that lies there.
 * @throws StoreError `not-found` when none is whole
 */
export async function storedDataset(store: ObjectStore): Promise<FileFacts[]> {
  const text = await readTextIfThere(store, DATASET_MANIFEST);
  if (text !== undefined) return parsed(text, store.url);
  if (store instanceof HubStore) {
    const objects = (await store.list('')).filter(({ path }) => !REPOSITORY_FILES.test(path));
    if (objects.some(({ path }) => path === INFO))
      return objects.map(({ path, bytes, digest }) => ({ path, bytes, digest: digest! }));
  }
  throw new StoreError(
    'not-found',
    `${store.url} holds no whole dataset: it has no ${DATASET_MANIFEST}; upload it (again), which goes on where it stopped`,
  );
}

function parsed(text: string, url: string): FileFacts[] {
  try {
    return manifestSchema
      .parse(JSON.parse(text))
      .files.map(({ path, bytes, sha256 }) => ({ path, bytes, digest: `sha256:${sha256}` }));
  } catch {
    throw new StoreError('damaged', `${url}/${DATASET_MANIFEST} is no manifest: upload the dataset again`);
  }
}

/** All files but hidden ones, by path. */
async function factsOf(folder: string): Promise<FileFacts[]> {
  if (!existsSync(join(folder, INFO)))
    throw new InputError(`${folder} is no dataset: it has no ${INFO}; make one with \`brickyard gen\``);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => path !== DATASET_MANIFEST && !path.split('/').some((part) => part.startsWith('.')))
    .sort();
  const files: FileFacts[] = [];
  for (const path of paths) {
    const source = { file: join(folder, objectPath(path)) };
    files.push({ path, bytes: await sizeOf(source), digest: await digestOfSource('sha256', source) });
  }
  return files;
}

function asWritten({ path, bytes, digest }: FileFacts) {
  return { path, bytes, sha256: digest.replace('sha256:', '') };
}

/** Whether what lies in `folder` is what the store has: what a machine that has it need not fetch. */
export async function isSameDataset(folder: string, files: readonly FileFacts[]): Promise<boolean> {
  const path = join(folder, DATASET_MANIFEST);
  if (!existsSync(path)) return false;
  return (await readFile(path, 'utf8')) === JSON.stringify({ format: 1, files: files.map(asWritten) });
}
