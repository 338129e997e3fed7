/**
 * A JSON file that is kept twice, each with a checksum, because nothing else on the disk says what it says. The copy
 * is written first, so a file without one is as old as checksums are not.
 */
import { existsSync } from 'node:fs';
import { readRegularSync } from './regular-file.ts';
import { openSeal, RECORD_MAX_BYTES, seal } from './sealed-json.ts';

/** `run.json` -> `run.copy.json`. */
export const copyOf = (path: string): string => path.replace(/(\.[^./]+)?$/, '.copy$1');

/** What is to be written to both, in this order. */
export function twinFiles(path: string, json: string): { path: string; text: string }[] {
  const text = `${seal(json)}\n`;
  return [
    { path: copyOf(path), text },
    { path, text },
  ];
}

export type TwinContent<T> =
  | { kind: 'missing' }
  /** `fromCopy`: the file itself is damaged. */
  | { kind: 'found'; value: T; fromCopy: boolean }
  | { kind: 'damaged'; why: string };

/**
 * The value of the file, or of its copy where the file is damaged. A file without a checksum, from before there were
 * any, counts when neither has one that fits.
 * @throws InputError for what is not a regular file
 * @param accept of parsed JSON: the value; throws when it is not what it should be
 */
export function readTwin<T>(path: string, accept: (value: unknown) => T): TwinContent<T> {
  const texts = [path, copyOf(path)].map((name) => (existsSync(name) ? textOf(name) : null));
  if (texts.every((text) => text === null)) return { kind: 'missing' };
  let why = 'its checksum does not match';
  for (const kind of ['intact', 'unsealed'] as const) {
    for (const [i, text] of texts.entries()) {
      const opened = text === null ? null : openSeal(text);
      if (opened?.kind !== kind) continue;
      try {
        return { kind: 'found', value: accept(parsed(opened.text)), fromCopy: i === 1 };
      } catch (error) {
        why = (error as Error).message.split('\n')[0];
      }
    }
  }
  return { kind: 'damaged', why };
}

const textOf = (path: string): string =>
  readRegularSync(path, { maxBytes: RECORD_MAX_BYTES }).toString('utf8');

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`it is no JSON: ${(error as Error).message}`);
  }
}
