/**
 * A file that remembers what is done: a line at a time, each on disk before its writer continues. A line that is a
 * JSON object carries a checksum. A line without an end, left by a kill or a full disk, counts as never written and is
 * cut off when the file is opened again; damaged lines are left out, and it is for the reader to make up for them.
 */
import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile, syncFolder, writeAll } from './disk.ts';
import { readRegularSync } from './regular-file.ts';
import { openSeal, RECORD_MAX_BYTES, seal } from './sealed-json.ts';

/** What a log holds. */
export interface LogContent<T> {
  values: T[];
  /** Lines, numbered from 1, that cannot be what was written. */
  damaged: DamagedLine[];
}

export interface DamagedLine {
  line: number;
  why: string;
}

/** All intact lines, without their ends and checksums; none when there is no such file. */
export function readLines(path: string): string[] {
  return readLog(path, (text) => text).values;
}

/**
 * Reads a log without touching it. Lines without a checksum, from before there were any, count up to the first that
 * has one: after it such a line is damaged.
 * @param accept of a line: its value; throws when the line cannot be what was written
 */
export function readLog<T>(path: string, accept: (text: string) => T): LogContent<T> {
  const content: LogContent<T> = { values: [], damaged: [] };
  let sealed = false;
  for (const [i, line] of rawLines(path).entries()) {
    const opened = openSeal(line);
    sealed ||= opened.kind === 'intact';
    try {
      if (opened.kind === 'damaged') throw new Error('its checksum does not match');
      if (opened.kind === 'unsealed' && sealed)
        throw new Error('it has no checksum, lines before it have one');
      content.values.push(accept(opened.text));
    } catch (error) {
      content.damaged.push({ line: i + 1, why: (error as Error).message.split('\n')[0] });
    }
  }
  return content;
}

const rawLines = (path: string): string[] => wholeLines(path).toString('utf8').split('\n').slice(0, -1);

export class LineLog {
  readonly #file: number;
  /** Of whole lines. */
  #bytes: number;

  /**
   * Opens or creates the file, and its folder.
   * @param damaged lines to drop, as `readLog` tells them
   */
  constructor(path: string, damaged: readonly DamagedLine[] = []) {
    mkdirSync(dirname(path), { recursive: true });
    const isNew = !existsSync(path);
    if (damaged.length > 0) dropLines(path, damaged);
    this.#bytes = wholeLines(path).length;
    this.#file = openSync(path, 'a');
    ftruncateSync(this.#file, this.#bytes);
    if (isNew) syncFolder(dirname(path));
  }

  /** Returns once the line, which holds no line end of its own, is on disk. */
  append(line: string): void {
    const bytes = Buffer.from(`${seal(line)}\n`);
    try {
      writeAll(this.#file, bytes);
      fsyncSync(this.#file);
    } catch (error) {
      ftruncateSync(this.#file, this.#bytes); // or the next line would be joined to half of this one
      throw error;
    }
    this.#bytes += bytes.length;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Replaces the file by other lines, each with its checksum; by rename, so that a kill leaves one or the other. */
export function rewriteLines(path: string, lines: readonly string[]): void {
  replaceFile(path, linesText(lines.map(seal)));
}

function dropLines(path: string, damaged: readonly DamagedLine[]): void {
  const numbers = new Set(damaged.map(({ line }) => line));
  replaceFile(path, linesText(rawLines(path).filter((_, i) => !numbers.has(i + 1))));
}

const linesText = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** The file up to its last line end. */
function wholeLines(path: string): Buffer {
  if (!existsSync(path)) return Buffer.alloc(0);
  const bytes = readRegularSync(path, { maxBytes: RECORD_MAX_BYTES });
  return bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
}
