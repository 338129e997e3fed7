/**
 * The user's cache folder and how several setups share it: what is built there is built under a temporary name
 * and renamed when complete, behind a lock, so that a folder with its final name can be trusted.
 * Plain JavaScript for any Node >= 18: this runs before anything is installed.
 */
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { tryKernelLock } from '../../runtime/kernel-lock.mjs';

const LOCK_POLL_MS = 200;

/**
 * A path in the cache folder: $XDG_CACHE_HOME/brickyard or ~/.cache/brickyard.
 * @param {...string} parts
 */
export function cachePath(...parts) {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'brickyard', ...parts);
}

/**
 * Runs `work` while no other process holds the lock of that name. The lock file stays: it is the kernel that knows
 * whether somebody holds it.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(name, work) {
  const path = cachePath('locks', `${name}.lock`);
  await mkdir(dirname(path), { recursive: true });
  const file = openSync(path, 'a+');
  try {
    for (let told = false; !tryKernelLock(file); ) {
      if (!told) process.stderr.write(`waiting for another setup of ${name} to finish\n`);
      told = true;
      await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
    }
    return await work();
  } finally {
    closeSync(file);
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
