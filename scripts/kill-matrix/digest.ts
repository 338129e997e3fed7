/** What stands in a folder, as one line that is the same for the same results. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export interface DigestOptions {
  /** Files that say when and how fast, by the end of their relative path. */
  ignored?: readonly string[];
  /** Members of JSON files that do so. */
  members?: readonly string[];
}

/** Every file by its contents; JSON lines sorted, since workers end in any order. What is left of killed runs counts, too. */
export function folderDigest(root: string, { ignored = [], members = [] }: DigestOptions = {}): string {
  if (!existsSync(root)) return 'nothing';
  const lines = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !ignored.some((end) => path.endsWith(end)))
    .map((path) => `${relative(root, path)} ${sha256(textOf(path, members))}`);
  return lines.sort().join('\n');
}

function textOf(path: string, members: readonly string[]): string | Uint8Array {
  if (path.endsWith('.jsonl')) return readFileSync(path, 'utf8').split('\n').sort().join('\n');
  if (!path.endsWith('.json')) return readFileSync(path);
  return JSON.stringify(JSON.parse(readFileSync(path, 'utf8')), (key, value) =>
    members.includes(key) ? undefined : value,
  );
}

const sha256 = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex').slice(0, 16);
