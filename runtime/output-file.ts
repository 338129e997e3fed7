/**
 * Whether a single file that a command writes may take the place of what is there. Pages, pictures and reports carry a
 * mark at a fixed place; what carries it was made here and may be made again. Anything else is the user's.
 */
import { lstatSync, mkdirSync, rmdirSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../sim/errors.ts';
import { readRegularStart } from './regular-file.ts';

/** Text chunk of a PNG, right after its header. */
export const PNG_MARK = { Software: 'brickyard' } as const;
/** How every page begins. */
export const HTML_MARK =
  '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="generator" content="brickyard">';
/** How the name of a JUnit report begins, which is the first thing in it. */
export const JUNIT_MARK = 'brickyard regression ';
/** The first line of an SVG. */
export const SVG_MARK = '<!-- generator: brickyard -->';

const JUNIT_START = `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${JUNIT_MARK}`;
/** Signature, header chunk (25 bytes), length and type of the next chunk. */
const PNG_TEXT_AT = 8 + 25 + 4;
const PNG_TEXT = `tEXt${Object.entries(PNG_MARK)[0].join('\0')}`;
const START_BYTES = 256;

export interface OutputOptions {
  /** What names the file on the command line. */
  option?: string;
  /** Replaces any regular file. */
  force?: boolean;
}

/**
 * Call before any work, and once more before the file is put in place.
 * @throws InputError for a folder, link, device or pipe, for a file that was not made here, and for a place that cannot
 * be written
 */
export function assertReplaceable(
  path: string,
  { option = '--out', force = false }: OutputOptions = {},
): void {
  const stat = ask(path, () => lstatSync(path, { throwIfNoEntry: false }), option);
  if (stat !== undefined && !stat.isFile())
    throw new InputError(`${option} ${path} is ${kindOf(stat)}; name a file that is new or was made here`);
  if (stat !== undefined && !force && !isMadeHere(path))
    throw new InputError(
      `${option} ${path} exists and was not made by this command; choose another name, or --force to replace it`,
    );
  assertWritableFolder(path, option);
}

/** Whether the file begins as what this program writes does. */
export function isMadeHere(path: string): boolean {
  let start: Buffer;
  try {
    start = readRegularStart(path, START_BYTES);
  } catch {
    return false;
  }
  const text = start.toString('latin1');
  return (
    text.startsWith(HTML_MARK) ||
    text.startsWith(SVG_MARK) ||
    text.startsWith(JUNIT_START) ||
    (text.startsWith('\x89PNG\r\n\x1a\n') && text.startsWith(PNG_TEXT, PNG_TEXT_AT))
  );
}

/** The nearest folder on the way that exists decides: the ones below it are made. */
function assertWritableFolder(path: string, option: string): void {
  let folder = dirname(path);
  while (ask(path, () => statSync(folder, { throwIfNoEntry: false }), option) === undefined) {
    // A link to nothing is there, but no folder can be made in its place.
    if (ask(path, () => lstatSync(folder, { throwIfNoEntry: false }), option) !== undefined)
      throw new InputError(`${option} ${path}: ${folder} is a link that leads nowhere; choose another place`);
    folder = dirname(folder);
  }
  if (!statSync(folder).isDirectory())
    throw new InputError(`${option} ${path}: ${folder} is not a folder; choose another place`);
  ask(path, () => tryOut(folder), option);
}

/** Permissions are not all: /proc and immutable folders refuse what they allow, and Node hangs making folders there. */
function tryOut(folder: string): void {
  const trial = join(folder, `.brickyard-trial-${process.pid}`);
  mkdirSync(trial);
  rmdirSync(trial);
}

function ask<T>(path: string, question: () => T, option: string): T | undefined {
  try {
    return question();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') return undefined; // a file on the way, which is named when it is reached
    throw new InputError(
      `${option} ${path} cannot be written (${REASONS[code ?? ''] ?? code}); choose another`,
    );
  }
}

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'nothing can be made there',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead in a circle',
};

function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return 'a folder';
  if (stat.isSymbolicLink()) return 'a link';
  if (stat.isFIFO()) return 'a named pipe';
  return stat.isSocket() ? 'a socket' : 'a device';
}
