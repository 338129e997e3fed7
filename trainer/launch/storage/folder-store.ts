/** A folder, or a volume mounted as one, as a store. Its writes are temporary name, fsync, rename, fsync. */
import { createReadStream, createWriteStream } from 'node:fs';
import { link, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Disk } from '../../../runtime/disk.ts';
import { isFull, systemSentence } from '../../../runtime/errno.ts';
import { StoreError } from '../remote/ports.ts';
import {
  type ObjectEntry,
  type ObjectInfo,
  type ObjectSource,
  type ObjectStore,
  objectPath,
  type WriteOptions,
  writeInOrder,
} from './object-store.ts';

/** What a write has under way; never listed. */
const PART = /^\..*\.part$/;
/** How a mounted bucket or a FAT volume says that it has no hard links; two writers at once are not told apart there. */
const WITHOUT_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];
const disk = new Disk();
let parts = 0;

export class FolderStore implements ObjectStore {
  readonly url: string;
  private readonly folder: string;

  constructor(folder: string) {
    this.url = folder;
    this.folder = folder;
  }

  async list(prefix: string): Promise<ObjectInfo[]> {
    // The folder of the prefix is all that has to be read.
    const below = join(this.folder, prefix.slice(0, prefix.lastIndexOf('/') + 1));
    const entries = await faulted(
      this.url,
      () => readdir(below, { recursive: true, withFileTypes: true }),
      [],
    );
    const files = entries.filter((entry) => entry.isFile() && !PART.test(entry.name));
    const paths = files.map((entry) => relative(this.folder, join(entry.parentPath, entry.name)));
    const found = await Promise.all(
      paths
        .filter((path) => path.startsWith(prefix))
        .sort()
        .map((path) => this.stat(path)),
    );
    return found.filter((info) => info !== null);
  }

  async stat(path: string): Promise<ObjectInfo | null> {
    const found = await faulted(this.url, () => stat(this.path(path), { bigint: true }), null);
    if (!found?.isFile()) return null;
    return {
      path,
      bytes: Number(found.size),
      generation: `${found.ino}-${found.mtimeNs}-${found.size}`,
      digest: null,
    };
  }

  async read(path: string, { fromByte = 0 } = {}): Promise<Readable> {
    if ((await this.stat(path)) === null)
      throw new StoreError('not-found', `${this.path(path)} does not exist`);
    return createReadStream(this.path(path), { start: fromByte });
  }

  async write(path: string, source: ObjectSource, options: WriteOptions = {}): Promise<ObjectInfo> {
    const final = this.path(path);
    const part = join(dirname(final), `.${process.pid}-${parts++}.part`);
    return faulted(this.url, async () => {
      await mkdir(dirname(final), { recursive: true });
      try {
        await pipeline(
          sourceStream(source),
          counted(options.onSent),
          createWriteStream(part, { flush: true }),
        );
        await this.place(part, path, options);
      } finally {
        await rm(part, { force: true });
      }
      await disk.syncFolder(dirname(final));
      return (await this.stat(path))!;
    });
  }

  private async place(part: string, path: string, { ifAbsent, ifGeneration }: WriteOptions): Promise<void> {
    const final = this.path(path);
    // Compared before the rename: two writers of the same instant are told apart by `ifAbsent` alone.
    if (ifGeneration !== undefined && (await this.stat(path))?.generation !== ifGeneration)
      throw new StoreError('conflict', `${final} was changed by somebody else`);
    if (!ifAbsent) return rename(part, final);
    try {
      await link(part, final);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (!WITHOUT_LINKS.includes(code) && code !== 'EEXIST') throw error;
      if (code === 'EEXIST' || (await this.stat(path)) !== null)
        throw new StoreError('conflict', `${final} is there already`);
      await rename(part, final);
    }
  }

  writeAll(entries: readonly ObjectEntry[], options?: WriteOptions): Promise<void> {
    return writeInOrder(this, entries, options);
  }

  async delete(path: string, { ifGeneration }: { ifGeneration?: string } = {}): Promise<void> {
    const found = await this.stat(path);
    if (found === null) return;
    if (ifGeneration !== undefined && found.generation !== ifGeneration)
      throw new StoreError('conflict', `${this.path(path)} was changed by somebody else`);
    await faulted(this.url, async () => {
      await rm(this.path(path), { force: true });
      await disk.syncFolder(dirname(this.path(path)));
    });
    await this.removeEmpty(dirname(this.path(path)));
  }

  async deleteAll(paths: readonly string[]): Promise<void> {
    for (const path of paths) await this.delete(path);
  }

  /** Folders without files are no objects, and nobody wants them. */
  private async removeEmpty(folder: string): Promise<void> {
    if (folder === this.folder || !folder.startsWith(this.folder)) return;
    try {
      await rmdir(folder);
    } catch {
      return;
    }
    await this.removeEmpty(dirname(folder));
  }

  private path(path: string): string {
    return join(this.folder, objectPath(path));
  }
}

export function sourceStream(source: ObjectSource, range: { start?: number; end?: number } = {}): Readable {
  if (source instanceof Uint8Array)
    return Readable.from([
      source.subarray(range.start ?? 0, range.end === undefined ? undefined : range.end + 1),
    ]);
  return createReadStream(source.file, { ...range, highWaterMark: 1 << 18 });
}

function counted(onSent: WriteOptions['onSent']): (source: AsyncIterable<Buffer>) => AsyncIterable<Buffer> {
  return async function* (source) {
    for await (const bytes of source) {
      yield bytes;
      onSent?.(bytes.length);
    }
  };
}

/** `whenMissing` where there is no such file. */
async function faulted<T>(url: string, action: () => Promise<T>, whenMissing?: T): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof StoreError || code === undefined) throw error;
    if ((code === 'ENOENT' || code === 'ENOTDIR') && whenMissing !== undefined) return whenMissing;
    throw new StoreError(storeFault(error), systemSentence(error, url) ?? `${url}: ${message}`, {
      cause: error,
    });
  }
}

function storeFault(error: unknown): StoreError['fault'] {
  if (isFull(error)) return 'full';
  const { code = '' } = error as NodeJS.ErrnoException;
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) return 'permission';
  return code === 'ENOENT' ? 'not-found' : 'transient';
}
