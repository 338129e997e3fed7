/** The npm packages of package-lock.json, installed only when node_modules holds something else. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from './cache.mjs';
import { withNodeOnPath } from './node.mjs';
import { run } from './run-command.mjs';

/** Browsers and GPU libraries that install scripts would download: the system's are used, or none. */
const NO_DOWNLOADS = { PUPPETEER_SKIP_DOWNLOAD: '1', ONNXRUNTIME_NODE_INSTALL: 'skip' };

/**
 * Installs when needed.
 * @param {string} root the checkout
 * @param {string} node
 */
export async function ensureNpmPackages(root, node) {
  if (await isInstalled(root)) return;
  const name = `npm-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`;
  await withLock(name, async () => {
    if (await isInstalled(root)) return;
    process.stderr.write('installing npm packages\n');
    await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      env: { ...NO_DOWNLOADS, ...withNodeOnPath(node) },
    });
    await writeFile(stampPath(root), await lockHash(root));
  });
}

/**
 * By the stamp that the last set-up left, else by comparing npm's own record with the lock file: an `npm install`
 * by hand is as good.
 * @param {string} root
 */
export async function isInstalled(root) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const hash = await lockHash(root);
  if (existsSync(stampPath(root)) && (await readFile(stampPath(root), 'utf8')) === hash) return true;
  const wanted = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(await readFile(record, 'utf8')).packages;
  if (!samePackages(wanted, present)) return false;
  await writeFile(stampPath(root), hash);
  return true;
}

/**
 * Whether every package that is wanted everywhere is present, and no other version of any.
 * @param {Record<string, { version?: string, optional?: boolean }>} wanted
 * @param {Record<string, { version?: string }>} present
 */
export function samePackages(wanted, present) {
  const complete = Object.entries(wanted).every(
    ([path, { optional }]) => path === '' || optional || path in present,
  );
  return (
    complete && Object.entries(present).every(([path, { version }]) => wanted[path]?.version === version)
  );
}

/** @param {string} root */
function stampPath(root) {
  return join(root, 'node_modules', '.brickyard-stamp');
}

/** @param {string} root */
async function lockHash(root) {
  return createHash('sha256')
    .update(await readFile(join(root, 'package-lock.json')))
    .digest('hex');
}
