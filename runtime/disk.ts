/**
 * How files reach the disk so that a reader, or the next run, finds either all of a file or none of it, also after
 * a power cut: temporary name -> fsync -> rename -> fsync of the folder. In two forms: `writeWholeFile` for a text that is
 * there already and with which nothing else may come between; `Disk` for what is long or arrives in pieces, as a class, so
 * that tests can cut it short at any step.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { cp, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { InputError } from '../sim/errors.ts';
import { systemFault } from './errno.ts';
import { isLeftover, temporaryName } from './temporary-name.ts';

/**
 * @param mode permissions of the file
 * @throws InputError when the place cannot be written
 */
export function writeWholeFile(path: string, content: string | Uint8Array, mode = 0o666): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    replaceFile(path, content, mode);
  } catch (error) {
    const fault = systemFault(error);
    if (!fault) throw error;
    throw new InputError(`${path} cannot be written: ${fault}; free some space or choose another place`, {
      cause: error,
    });
  }
}

/** As `writeWholeFile`, for a caller that says itself what a refusal of the system means; the folder is there. */
export function replaceFile(path: string, content: string | Uint8Array, mode = 0o666): void {
  const temporary = temporaryName(path);
  try {
    rmSync(temporary, { force: true });
    const file = openSync(temporary, 'wx', mode);
    try {
      writeAll(file, Buffer.from(content));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Replaces a symbolic link in one step, as readers may look at any moment. */
export function replaceLink(path: string, target: string): void {
  const temporary = temporaryName(path);
  rmSync(temporary, { force: true });
  symlinkSync(target, temporary);
  renameSync(temporary, path);
}

/** To an open file, however little of it the system takes at a time. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

/** Makes new names in a folder lasting. */
export function syncFolder(folder: string): void {
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export class Disk {
  /** A name beside `path` that no other process uses. */
  temporaryName(path: string): string {
    return temporaryName(path);
  }

  /** Puts a whole file in place, given as pieces that are written one after the other. */
  async writeWhole(path: string, pieces: Pieces | Uint8Array | string): Promise<void> {
    const temporary = this.temporaryName(path);
    await this.writeSynced(temporary, pieces);
    await this.move(temporary, path);
  }

  /** Writes and fsyncs a file under its own name: for files inside a folder that is itself moved when complete. */
  async writeSynced(path: string, pieces: Pieces | Uint8Array | string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'w');
    try {
      if (typeof pieces === 'string' || pieces instanceof Uint8Array) await file.writeFile(pieces);
      else for await (const piece of pieces) await writeFully(file, piece);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Renames a file or folder within one file system and makes that lasting. Replaces a file of that name. */
  async move(from: string, to: string): Promise<void> {
    await mkdir(dirname(to), { recursive: true });
    await rename(from, to);
    await this.syncFolder(dirname(to));
  }

  /**
   * A copy that is whole under its name, or not there; a folder of that name goes first. Links stay links.
   * @param isWanted of a path below `from`, relative to it
   */
  async copyFolder(
    from: string,
    to: string,
    isWanted: (path: string) => boolean = () => true,
  ): Promise<void> {
    // Not the name that `discard` moves the one before to.
    const temporary = this.temporaryName(`${to}-next`);
    await this.remove(temporary);
    const filter = (path: string): boolean => path === from || isWanted(relative(from, path));
    await cp(from, temporary, { recursive: true, verbatimSymlinks: true, filter });
    await this.syncTree(temporary, { files: true });
    await this.remove(this.temporaryName(to));
    if (existsSync(to)) await this.discard(to);
    await this.move(temporary, to);
  }

  /**
   * Makes the names in a folder and in all folders below it lasting.
   * @param files also what they contain, for files that were not fsynced as they were written
   */
  async syncTree(folder: string, { files = false } = {}): Promise<void> {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await this.syncTree(path, { files });
      else if (files && entry.isFile()) await this.syncFile(path);
    }
    await this.syncFolder(folder);
  }

  /** Removes a folder so that after a kill either all of it is there under its name or nothing is. */
  async discard(folder: string): Promise<void> {
    const forgotten = this.temporaryName(folder);
    await this.move(folder, forgotten);
    await this.remove(forgotten);
  }

  async remove(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true });
  }

  /** Makes a file that somebody else wrote lasting. */
  async syncFile(path: string): Promise<void> {
    await this.syncFolder(path);
  }

  /** Makes renames in a folder lasting. */
  async syncFolder(folder: string): Promise<void> {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /**
   * Removes what dead runs left half-written in a folder that only we write to, its lock being ours; what a living
   * process is writing stays, and whatever has another kind of name.
   */
  async removeLeftovers(folder: string): Promise<void> {
    for (const name of await namesIn(folder)) {
      if (isLeftover(name)) await this.remove(join(folder, name));
    }
  }
}

export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Names in a folder, sorted, none when there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function writeFully(
  file: { write(bytes: Uint8Array, offset: number): Promise<{ bytesWritten: number }> },
  bytes: Uint8Array,
) {
  let offset = 0;
  while (offset < bytes.length) offset += (await file.write(bytes, offset)).bytesWritten;
}
