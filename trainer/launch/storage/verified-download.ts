/**
 * Files that are whole, with the bytes their manifest names, or not there: each comes into .NAME.part-SHA, which a
 * later call goes on with, is compared, brought to the disk and renamed; so is the folder of all of them.
 */
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Disk } from '../../../runtime/disk.ts';
import { StoreError } from '../remote/ports.ts';
import { type ObjectStore, objectPath } from './object-store.ts';
import { digestOfSource } from './same-bytes.ts';

export interface FileFacts {
  path: string;
  bytes: number;
  /** sha256:HEX, or git:HEX for the small files of a repository. */
  digest: string;
}

export interface DownloadOptions {
  /** So far, of all; files that were there already count at once. */
  onProgress?(doneBytes: number, totalBytes: number): void;
}

export interface FolderDownload extends DownloadOptions {
  store: ObjectStore;
  /** Of the objects, ending in a slash, or empty. */
  prefix: string;
  files: readonly FileFacts[];
  /** Appears whole; below FOLDER.part-… until then. */
  folder: string;
}

const disk = new Disk();

/** How often a file whose connection breaks without bringing a byte is asked for. */
const FRUITLESS_TRIES = 4;

/** @throws StoreError `damaged` for a file whose bytes are others twice in a row */
export async function downloadFolder(options: FolderDownload): Promise<void> {
  const { store, prefix, files, folder, onProgress } = options;
  const totalBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (existsSync(folder)) {
    for (const file of files) await mustBeWhole(join(folder, objectPath(file.path)), file);
    onProgress?.(totalBytes, totalBytes);
    return;
  }
  const part = `${folder}.part-download`;
  let doneBytes = 0;
  for (const file of files) {
    const path = join(part, objectPath(file.path));
    await mkdir(dirname(path), { recursive: true });
    if (!(await isWhole(path, file)))
      await downloadFile(store, `${prefix}${file.path}`, path, file, (bytes) =>
        onProgress?.(doneBytes + bytes, totalBytes),
      );
    doneBytes += file.bytes;
    onProgress?.(doneBytes, totalBytes);
  }
  await removeOthers(part, files);
  await disk.syncTree(part);
  await disk.move(part, folder);
}

/** One object into the file `path`, by way of a .part file beside it. */
export async function downloadFile(
  store: ObjectStore,
  from: string,
  path: string,
  facts: FileFacts,
  onBytes: (fileBytes: number) => void = () => {},
): Promise<void> {
  const part = join(dirname(path), `.${facts.digest.split(':')[1].slice(0, 16)}.part`);
  for (let damaged = 0; ; ) {
    await fill(store, from, part, facts, onBytes);
    if (await isWhole(part, facts)) break;
    await rm(part, { force: true });
    // Once more, for the way may have damaged it; what is damaged in storage stays so.
    if (++damaged === 2)
      throw new StoreError(
        'damaged',
        `${store.url}/${from} has other bytes than its manifest says; use another checkpoint, or write it again`,
      );
  }
  await disk.syncFile(part);
  await rename(part, path);
}

/** Brings `part` to its full length, across broken connections. */
async function fill(
  store: ObjectStore,
  from: string,
  part: string,
  { bytes }: FileFacts,
  onBytes: (fileBytes: number) => void,
): Promise<void> {
  for (let fruitless = 0; ; ) {
    const fromByte = await lengthOf(part);
    if (fromByte > bytes) await truncate(part, 0);
    else if (fromByte === bytes && bytes > 0) return;
    const start = fromByte > bytes ? 0 : fromByte;
    let here = start;
    try {
      await pipeline(
        await store.read(from, { fromByte: start }),
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            here += chunk.length;
            if (here > bytes + 1) return; // longer than it may be: damaged, and no reason to fill the disk
            onBytes(here);
            yield chunk;
          }
        },
        createWriteStream(part, { flags: 'a' }),
      );
      return;
    } catch (error) {
      if (!(error instanceof StoreError) || error.fault !== 'transient') throw faultOfDisk(error, part);
      fruitless = here > start ? 0 : fruitless + 1;
      if (fruitless === FRUITLESS_TRIES) throw error;
    }
  }
}

function faultOfDisk(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new StoreError('full', `${path} cannot be written: no space left on this machine`, { cause: error });
}

async function lengthOf(path: string): Promise<number> {
  return existsSync(path) ? (await stat(path)).size : 0;
}

async function isWhole(path: string, { bytes, digest }: FileFacts): Promise<boolean> {
  if (!existsSync(path) || (await stat(path)).size !== bytes) return false;
  return (await digestOfSource(digest.split(':')[0], { file: path })) === digest;
}

async function mustBeWhole(path: string, facts: FileFacts): Promise<void> {
  if (await isWhole(path, facts)) return;
  throw new StoreError('damaged', `${path} is there with other bytes than wanted: move its folder away`);
}

/** Of an earlier download with other files. */
async function removeOthers(part: string, files: readonly FileFacts[]): Promise<void> {
  const wanted = new Set(files.map(({ path }) => join(part, path)));
  for (const entry of await readdir(part, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !wanted.has(path)) await rm(path);
  }
}
