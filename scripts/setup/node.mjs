/**
 * A current Node: the one that runs us when it can run TypeScript files itself, else one from the npm registry
 * (`node-<platform>-<arch>`: a plain tarball without install scripts), kept in the user's cache folder.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { buildOnce, cachePath } from './cache.mjs';
import { outputOf, run, SetupError } from './run-command.mjs';

export const NODE_VERSION = '24.21.0';

/** sha512 of the npm tarballs; a Node that differs is refused. */
const NODE_INTEGRITY = /** @type {Record<string, string>} */ ({
  'linux-x64':
    'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  'linux-arm64':
    'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
});

/**
 * Whether this version strips types without a flag (22.18, 23.6 and later).
 * @param {string} version such as 22.18.0
 */
export function runsTypeScript(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major === 22) return minor >= 18;
  if (major === 23) return minor >= 6;
  return major >= 24;
}

/** The path of a Node that can run the project, or undefined before the set-up. */
export function findNode() {
  if (runsTypeScript(process.versions.node)) return process.execPath;
  const cached = cachedNode();
  return existsSync(cached) ? cached : undefined;
}

/** The same, fetched when there is none. */
export async function ensureNode() {
  const found = findNode();
  if (found) return found;
  const platform = `${process.platform}-${process.arch}`;
  const integrity = NODE_INTEGRITY[platform];
  if (!integrity) {
    throw new SetupError(
      `Node ${process.versions.node} is too old and there is no ready-made one for ${platform}: install Node 22.18 or later`,
    );
  }
  process.stderr.write(`fetching Node ${NODE_VERSION} (this machine has ${process.versions.node})\n`);
  await buildOnce(dirname(dirname(cachedNode())), (folder) => unpackNode(folder, platform, integrity));
  return cachedNode();
}

/**
 * The environment for children that shall find this Node first.
 * @param {string} node
 */
export function withNodeOnPath(node) {
  return { PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
}

function cachedNode() {
  return cachePath(`node-${NODE_VERSION}`, 'bin', 'node');
}

/**
 * @param {string} folder
 * @param {string} platform
 * @param {string} integrity
 */
async function unpackNode(folder, platform, integrity) {
  const name = `node-${platform}`;
  const pack = ['pack', `${name}@${NODE_VERSION}`, '--silent', '--pack-destination', folder];
  if (outputOf('npm', pack) === undefined) {
    throw new SetupError(
      `npm could not fetch ${name}@${NODE_VERSION}: check the network, or install Node 22.18 or later`,
    );
  }
  const tarball = join(folder, `${name}-${NODE_VERSION}.tgz`);
  const found = `sha512-${createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64')}`;
  if (found !== integrity)
    throw new SetupError(`${name}@${NODE_VERSION} is ${found}, not ${integrity}: refused`);
  await run('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1', 'package/bin', 'package/LICENSE']);
  await run('rm', [tarball]);
}
