/**
 * The user's cache folder and how several setups share it: what is built there is built under a temporary name
 * and renamed when complete, behind a lock, so that a folder with its final name can be trusted.
 * Plain JavaScript for any Node >= 18: this runs before anything is installed.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const LOCK_POLL_MS = 200;
/** A lock without an owner's name is a setup killed between two system calls, once it is this old. */
const OWNERLESS_LOCK_MS = 10_000;

/**
 * A path in the cache folder: $XDG_CACHE_HOME/brickyard or ~/.cache/brickyard.
 * @param {...string} parts
 */
export function cachePath(...parts) {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'brickyard', ...parts);
}

/**
 * Runs `work` while no other process holds the lock of that name.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(name, work) {
  const folder = cachePath('locks', name);
  await mkdir(dirname(folder), { recursive: true });
  for (let told = false; !(await tryLock(folder)); ) {
    if (!told) process.stderr.write(`waiting for another setup of ${name} to finish\n`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
  try {
    return await work();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Makes `folder` once: `build` fills a temporary folder beside it, which is then renamed.
 * @param {string} folder
 * @param {(temporary: string) => Promise<void>} build
 */
export async function buildOnce(folder, build) {
  if (existsSync(folder)) return;
  await withLock(folder.split('/').pop() ?? folder, async () => {
    if (existsSync(folder)) return;
    const temporary = `${folder}.building-${process.pid}`;
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    try {
      await build(temporary);
      await rename(temporary, folder);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  });
}

/** @param {string} folder */
async function tryLock(folder) {
  try {
    await mkdir(folder);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    await removeIfAbandoned(folder);
    return false;
  }
  await writeFile(join(folder, 'owner'), String(process.pid));
  return true;
}

/**
 * Renamed before it is removed, so that of several waiting processes only one takes an abandoned lock away.
 * @param {string} folder
 */
async function removeIfAbandoned(folder) {
  if (!(await isAbandoned(folder))) return;
  const aside = `${folder}.abandoned-${process.pid}`;
  try {
    await rename(folder, aside);
  } catch {
    return; // another process was quicker
  }
  await rm(aside, { recursive: true, force: true });
}

/** @param {string} folder */
async function isAbandoned(folder) {
  try {
    const owner = Number(await readFile(join(folder, 'owner'), 'utf8'));
    if (owner > 0) return !isAlive(owner);
  } catch {
    // no owner yet
  }
  try {
    return Date.now() - (await stat(folder)).mtimeMs > OWNERLESS_LOCK_MS;
  } catch {
    return false; // gone already
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
