/**
 * Names found inside files become paths only after these checks: a dataset, policy or log that somebody else made must
 * not make us read or write outside its own folder.
 */
import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { InputError } from '../sim/errors.ts';

const MAX_NAME_BYTES = 200;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in a name
const UNSAFE_CHARACTERS = /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\\/]/;

/**
 * Why `name` cannot be one part of a path; undefined when it can. Refused: separators, `.` and `..`, control and
 * bidirectional characters, more than 200 bytes, nothing at all.
 */
export function unsafeNameReason(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name === '.' || name === '..') return 'is a folder reference';
  if (UNSAFE_CHARACTERS.test(name)) return 'contains a path separator or a control character';
  const bytes = Buffer.byteLength(name);
  if (bytes > MAX_NAME_BYTES) return `has ${bytes} bytes, at most ${MAX_NAME_BYTES} are allowed`;
  return undefined;
}

/** Whether `path` is `folder` or lies below it, as text. */
export function isInside(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside === '' || (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside));
}

/**
 * The path on disk of something inside `root` that exists, links resolved.
 * The Hub's cache keeps the files of `…/snapshots/REVISION/` as links into `…/blobs/`, so those may be followed too.
 * @throws InputError when the path, or a link on it, leads out of `root`
 */
export function confinedRealPath(root: string, path: string): string {
  const lexical = resolve(root, path);
  const realRoot = realpathSync(root);
  const real = isInside(resolve(root), lexical) && !isAbsolute(path) ? realpathSync(lexical) : undefined;
  if (real !== undefined && (isInside(realRoot, real) || isInside(hubBlobs(realRoot) ?? realRoot, real)))
    return real;
  throw new InputError(
    `${join(root, path)} leads out of ${root}; remove the link or copy the file into the folder`,
  );
}

/** The folder of blobs that a snapshot in the Hub's cache links to; undefined for any other folder. */
function hubBlobs(realRoot: string): string | undefined {
  const snapshots = dirname(realRoot);
  return basename(snapshots) === 'snapshots' ? join(dirname(snapshots), 'blobs') : undefined;
}
