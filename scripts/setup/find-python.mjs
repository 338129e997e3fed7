/**
 * A Python of a given minor version on this machine. uv looks on the PATH only and stops at pyenv's shims, which exist
 * for versions that are installed but not chosen; so pyenv's own folder is asked as well.
 */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { outputOf } from './run-command.mjs';

const TELL = 'import sys; print("%d.%d" % sys.version_info[:2], sys.executable)';

/**
 * The path of the first interpreter that runs and has one of these versions, in their order.
 * @param {readonly string[]} versions such as 3.12
 * @param {Record<string, string | undefined>} [env]
 * @returns {string | undefined}
 */
export function findPython(versions, env = process.env) {
  for (const version of versions) {
    for (const candidate of [...onPath(version, env), ...inPyenv(version, env)]) {
      const [found, ...executable] = outputOf(candidate, ['-c', TELL])?.split(' ') ?? [];
      if (found === version) return executable.join(' ');
    }
  }
  return undefined;
}

/**
 * @param {string} version
 * @param {Record<string, string | undefined>} env
 */
function onPath(version, env) {
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  const paths = folders.flatMap((folder) => [join(folder, `python${version}`), join(folder, 'python3')]);
  return paths.filter((path) => existsSync(path));
}

/**
 * Newest patch first.
 * @param {string} version
 * @param {Record<string, string | undefined>} env
 */
function inPyenv(version, env) {
  const folder = join(env.PYENV_ROOT ?? join(env.HOME ?? homedir(), '.pyenv'), 'versions');
  if (!existsSync(folder)) return [];
  const patches = readdirSync(folder).filter((name) => name.startsWith(`${version}.`));
  return patches
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((name) => join(folder, name, 'bin', `python${version}`))
    .filter((path) => existsSync(path));
}
