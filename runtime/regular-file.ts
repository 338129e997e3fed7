/**
 * Opens files that may come from anyone. A FIFO blocks its reader for ever, a device never ends, and a file can be
 * larger than memory: only regular files are opened, and only up to a stated size.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { InputError } from '../sim/errors.ts';

/** O_NONBLOCK: opening a FIFO without a writer returns at once instead of waiting. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** For files that are small by nature (JSON, YAML, journals): 64 MiB. */
export const TEXT_FILE_MAX_BYTES = 64 * 1024 * 1024;

interface Limits {
  /** Larger files are refused before any memory is taken. */
  maxBytes?: number;
}

/**
 * An open regular file and its size; the caller closes it.
 * @throws InputError for a FIFO, socket, device or folder, and for a file larger than `maxBytes`
 */
export async function openRegular(
  path: string,
  { maxBytes = Number.POSITIVE_INFINITY }: Limits = {},
): Promise<{ file: FileHandle; bytes: number }> {
  const file = await open(path, FLAGS);
  try {
    const stat = await file.stat();
    assertRegular(path, stat, maxBytes);
    return { file, bytes: stat.size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The whole of a regular file. @throws InputError as `openRegular` does */
export async function readRegular(
  path: string,
  { maxBytes = TEXT_FILE_MAX_BYTES }: Limits = {},
): Promise<Buffer> {
  const { file } = await openRegular(path, { maxBytes });
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** The whole of a regular file, synchronously. @throws InputError as `openRegular` does */
export function readRegularSync(path: string, { maxBytes = TEXT_FILE_MAX_BYTES }: Limits = {}): Buffer {
  return readSynchronously(path, maxBytes, Number.POSITIVE_INFINITY);
}

/**
 * What the JSON in a regular file says, for a schema to look at.
 * @throws InputError as `openRegular` does, SyntaxError for what is no JSON
 */
export const readJsonSync = (path: string): unknown => JSON.parse(readRegularSync(path).toString('utf8'));

/** At most the first `bytes` of a regular file of any size. @throws InputError for anything but a regular file */
export function readRegularStart(path: string, bytes: number): Buffer {
  return readSynchronously(path, Number.POSITIVE_INFINITY, bytes);
}

function readSynchronously(path: string, maxBytes: number, wanted: number): Buffer {
  const file = openSync(path, FLAGS);
  try {
    const stat = fstatSync(file);
    assertRegular(path, stat, maxBytes);
    const content = Buffer.alloc(Math.min(stat.size, wanted));
    let filled = 0;
    while (filled < content.length) {
      const bytes = readSync(file, content, filled, content.length - filled, filled);
      if (bytes === 0) break;
      filled += bytes;
    }
    return content.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}

interface FileStat {
  size: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

function assertRegular(path: string, stat: FileStat, maxBytes: number): void {
  if (!stat.isFile()) {
    const kind = stat.isDirectory()
      ? 'a folder'
      : stat.isFIFO()
        ? 'a named pipe'
        : stat.isSocket()
          ? 'a socket'
          : 'a device';
    throw new InputError(`${path} is ${kind}; only regular files are read`);
  }
  if (stat.size > maxBytes) {
    throw new InputError(`${path} has ${stat.size} bytes, at most ${maxBytes} are read`);
  }
}
