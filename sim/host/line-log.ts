/**
 * A file that remembers what is done: a line at a time, each on disk before its writer goes on. A line without an end,
 * left by a kill or a full disk, counts as never written and is cut off when the file is opened again.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** All whole lines, without their ends; none when there is no such file. */
export function readLines(path: string): string[] {
  return wholeLines(path).toString('utf8').split('\n').slice(0, -1);
}

export class LineLog {
  readonly #file: number;
  /** Of whole lines. */
  #bytes: number;

  /** Opens or creates the file, and its folder. */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    const isNew = !existsSync(path);
    this.#bytes = wholeLines(path).length;
    this.#file = openSync(path, 'a');
    ftruncateSync(this.#file, this.#bytes);
    if (isNew) syncFolder(dirname(path));
  }

  /** Returns once the line, which holds no line end of its own, is on disk. */
  append(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done);
      fsyncSync(this.#file);
    } catch (error) {
      ftruncateSync(this.#file, this.#bytes); // or the next line would go on behind half of this one
      throw error;
    }
    this.#bytes += bytes.length;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The file up to its last line end. */
function wholeLines(path: string): Buffer {
  if (!existsSync(path)) return Buffer.alloc(0);
  const bytes = readFileSync(path);
  return bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
}

/** So that the file's name survives a power cut. */
function syncFolder(folder: string): void {
  const file = openSync(folder, 'r');
  fsyncSync(file);
  closeSync(file);
}
