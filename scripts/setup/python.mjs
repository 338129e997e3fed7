/**
 * Python environments on demand, made by uv (itself from PyPI) in the user's cache folder and keyed by their lock
 * file: every clone with the same lock shares one, and a second one costs hard links only.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildOnce, cachePath } from './cache.mjs';
import { outputOf, run, SetupError } from './run-command.mjs';

const UV_VERSION = '0.13.8';
const PYTHON_RANGE = '>=3.11,<3.14';

/** What each environment is for, and its lock file. */
export const ENVIRONMENTS = /** @type {const} */ ({
  trainer: 'trainer/requirements.lock',
  bench: 'trainer/requirements-bench.lock',
  check: 'trainer/requirements-check.lock',
});

/**
 * The folder of an environment, made when it is missing: bin/python and bin/<tool> are in it.
 * @param {string} root the checkout
 * @param {keyof typeof ENVIRONMENTS} name
 */
export async function ensurePython(root, name) {
  const folder = await pythonFolder(root, name);
  await buildOnce(folder, async (temporary) => {
    const uv = await ensureUv();
    process.stderr.write(`making the Python environment of ${ENVIRONMENTS[name]}\n`);
    const lock = join(root, ENVIRONMENTS[name]);
    const python = join(temporary, 'bin', 'python');
    await run(uv, [
      'venv',
      '--quiet',
      '--relocatable',
      '--allow-existing',
      '--python',
      PYTHON_RANGE,
      temporary,
    ]);
    await run(uv, ['pip', 'sync', '--quiet', '--python', python, lock]);
  });
  return folder;
}

/**
 * Where that environment is or will be.
 * @param {string} root
 * @param {keyof typeof ENVIRONMENTS} name
 */
export async function pythonFolder(root, name) {
  const hash = createHash('sha256').update(`${UV_VERSION} ${PYTHON_RANGE}\n`);
  hash.update(await readFile(join(root, ENVIRONMENTS[name])));
  return cachePath(`python-${hash.digest('hex').slice(0, 12)}`);
}

/** Whether uv is here or can be installed without the system's help. */
export function canInstallUv() {
  return existsSync(uvPath()) || outputOf('python3', ['-m', 'pip', '--version']) !== undefined;
}

/** The path of our uv, installed when it is missing. */
export async function ensureUv() {
  if (!existsSync(uvPath()) && !canInstallUv()) {
    throw new SetupError('python3 has no pip, which brings uv: install the package python3-pip');
  }
  await buildOnce(cachePath(`uv-${UV_VERSION}`), async (temporary) => {
    process.stderr.write(`fetching uv ${UV_VERSION}\n`);
    const target = ['--target', temporary, '--no-deps', `uv==${UV_VERSION}`];
    const quiet = ['--quiet', '--disable-pip-version-check', '--root-user-action=ignore'];
    await run('python3', ['-m', 'pip', 'install', ...quiet, ...target]);
  });
  return uvPath();
}

/** Where our uv is or will be. */
export function uvPath() {
  return cachePath(`uv-${UV_VERSION}`, 'bin', 'uv');
}
