/** Which code makes the episodes: a resumed run must not mix two versions in one dataset. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Rooms whose source decides poses, pixels or bytes of a dataset. */
const ROOMS = ['sim', 'scenarios', 'generator/dataset'];

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && entry.name !== 'command.ts')
    .map((entry) => join(entry.parentPath, entry.name));
}

/** First 16 hex digits of a SHA-256 over the sources' names and contents. */
export function codeVersion(): string {
  const files = ROOMS.flatMap((room) => sourceFiles(join(ROOT, room)));
  const names = files.map((file) => relative(ROOT, file).split(sep).join('/')).sort();
  const hash = createHash('sha256');
  for (const name of names)
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(ROOT, name)))
      .update('\0');
  return hash.digest('hex').slice(0, 16);
}

/** The package's version, as in package.json. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}
