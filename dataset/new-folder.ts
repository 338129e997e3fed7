/** A folder that appears complete or not at all: made under a temporary name, fsynced, renamed. */
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isInside } from '../runtime/confined-path.ts';
import { type Disk, namesIn } from '../runtime/disk.ts';
import { isOrphaned } from '../runtime/temporary-name.ts';
import { InputError } from '../sim/errors.ts';

/**
 * Call before any work.
 * @param sources folders that `out` is made from
 * @throws InputError when `out` holds something, or lies inside one of the sources
 */
export function assertNew(out: string, sources: readonly string[] = []): void {
  for (const source of sources)
    if (isInside(realFolder(source), realFolder(out)))
      throw new InputError(`${out} lies inside ${source}, which it is made from; name another --out`);
  if (!existsSync(out)) return;
  if (statSync(out).isDirectory() && readdirSync(out).length === 0) return;
  throw new InputError(`${out} is there already: name another --out, or remove it`);
}

/** What `fill` writes into the folder it is given becomes `out`; nothing stays when it throws. */
export async function makeFolder<T>(
  out: string,
  disk: Disk,
  fill: (folder: string) => Promise<T>,
): Promise<T> {
  assertNew(out);
  await removeLeftovers(out, disk);
  const folder = disk.temporaryName(out);
  await disk.remove(folder);
  try {
    await mkdir(folder, { recursive: true });
    const result = await fill(folder);
    await disk.syncTree(folder);
    if (existsSync(out)) await rmdir(out);
    await disk.move(folder, out);
    return result;
  } catch (error) {
    await disk.remove(folder);
    throw error;
  }
}

/** With the links of what exists of it resolved. */
function realFolder(path: string): string {
  const parent = dirname(path);
  if (existsSync(path) || parent === path) return existsSync(path) ? realpathSync(path) : path;
  return join(realFolder(parent), basename(path));
}

/** Only this folder's own: others beside it are none of ours. */
async function removeLeftovers(out: string, disk: Disk): Promise<void> {
  for (const name of await namesIn(dirname(out)))
    if (isOrphaned(name, basename(out))) await disk.remove(join(dirname(out), name));
}
