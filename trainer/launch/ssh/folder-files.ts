/** Which files are sent to a host: names, sizes and hashes, and one hash over all of them. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { InputError } from '../../../sim/errors.ts';

export interface FolderFile {
  /** Below the folder, with slashes. */
  path: string;
  bytes: number;
  sha256: string;
}

export interface FolderContents {
  root: string;
  files: readonly FolderFile[];
  bytes: number;
  /** Over paths and hashes: the same for the same contents, wherever they lie. */
  hash: string;
}

/** Python and its data files of the trainer, all that runs there. */
export function trainerCode(): Promise<FolderContents> {
  const trainer = join(import.meta.dirname, '../..');
  return folderContents(
    trainer,
    (path) => /\.(py|yaml|toml|lock|txt|in)$/.test(path) && !/^(launch|checks)\//.test(path),
  );
}

/** All files but hidden ones and __pycache__. @throws InputError for names that tools on the way would trip over */
export async function folderContents(
  root: string,
  takes: (path: string) => boolean = () => true,
): Promise<FolderContents> {
  const files: FolderFile[] = [];
  for (const path of (await pathsBelow(root, '')).filter(takes).sort()) {
    if (/[\n\r\\]/.test(path))
      throw new InputError(`${join(root, path)} has a name that cannot be sent: rename it`);
    const { size } = await stat(join(root, path));
    files.push({ path, bytes: size, sha256: await fileHash(join(root, path)) });
  }
  const hash = createHash('sha256');
  for (const { path, sha256 } of files) hash.update(`${sha256}  ${path}\n`);
  return { root, files, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), hash: hash.digest('hex') };
}

async function pathsBelow(root: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    if (entry.name.startsWith('.') || entry.name === '__pycache__') continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if ((await stat(join(root, path))).isDirectory()) found.push(...(await pathsBelow(root, path)));
    else found.push(path);
  }
  return found;
}

async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
