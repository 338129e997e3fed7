/**
 * Python environments on demand, made by uv (itself from PyPI) in the user's cache folder and keyed by their lock
 * file: every clone with the same lock shares one, and a second one costs hard links only.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildOnce, cachePath } from './cache.mjs';
import { findPython } from './find-python.mjs';
import { outputOf, run, SetupError } from './run-command.mjs';

const UV_VERSION = '0.13.8';

/**
 * @typedef {object} Environment
 * @property {string} lock its lock file
 * @property {readonly string[]} pythons the versions it runs under; the lock file is resolved for the first and later
 * @typedef {keyof typeof ENVIRONMENTS} EnvironmentName
 */

/**
 * What each environment is for. `next` has the newer lerobot that data and checkpoints of the tests come from, with the
 * trainer's torch: the CUDA libraries, 4.7 of its 8 GB, are hard links then. The rest, 3.5 GB, is built per Python version.
 */
export const ENVIRONMENTS = /** @satisfies {Record<string, Environment>} */ ({
  trainer: { lock: 'trainer/requirements.lock', pythons: ['3.11', '3.12', '3.13'] },
  bench: { lock: 'trainer/requirements-bench.lock', pythons: ['3.11', '3.12', '3.13'] },
  check: { lock: 'trainer/requirements-check.lock', pythons: ['3.11', '3.12', '3.13'] },
  next: { lock: 'trainer/requirements-lerobot-0.6.lock', pythons: ['3.12', '3.13'] },
});

/**
 * The folder of an environment, made when it is missing: bin/python and bin/<tool> are in it.
 * @param {string} root the checkout
 * @param {EnvironmentName} name
 */
export async function ensurePython(root, name) {
  const folder = await pythonFolder(root, name);
  await buildOnce(folder, async (temporary) => {
    const uv = await ensureUv();
    const { lock } = ENVIRONMENTS[name];
    process.stderr.write(`making the Python environment of ${lock}\n`);
    const base = await ensureInterpreter(uv, name);
    const python = join(temporary, 'bin', 'python');
    await run(uv, ['venv', '--quiet', '--relocatable', '--allow-existing', '--python', base, temporary]);
    await run(uv, ['pip', 'sync', '--quiet', '--python', python, join(root, lock)]);
  });
  return folder;
}

/**
 * What `uv venv` shall take as Python. An interpreter that is here wins; else uv downloads one, from GitHub.
 * @param {string} uv
 * @param {EnvironmentName} name
 */
async function ensureInterpreter(uv, name) {
  const { lock, pythons } = ENVIRONMENTS[name];
  const here = findPython(pythons);
  if (here) return here;
  const range = pythonRange(name);
  process.stderr.write(
    `fetching Python ${pythons[0]} (this machine has no Python ${pythons.join(' or ')})\n`,
  );
  try {
    await run(uv, ['python', 'install', '--quiet', pythons[0]]);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    throw new SetupError(
      `${lock} needs Python ${pythons.join(' or ')}, which is neither on the PATH nor in pyenv and could not be downloaded: ` +
        `install it (\`apt-get install python${pythons[0]}\` or \`pyenv install ${pythons[0]}\`) and try again`,
    );
  }
  return range;
}

/**
 * The versions as uv's range. It is part of the folder's key.
 * @param {EnvironmentName} name
 */
function pythonRange(name) {
  const { pythons } = ENVIRONMENTS[name];
  const [major, last] = (pythons.at(-1) ?? '').split('.').map(Number);
  return `>=${pythons[0]},<${major}.${last + 1}`;
}

/**
 * Where that environment is or will be.
 * @param {string} root
 * @param {EnvironmentName} name
 */
export async function pythonFolder(root, name) {
  const hash = createHash('sha256').update(`${UV_VERSION} ${pythonRange(name)}\n`);
  hash.update(await readFile(join(root, ENVIRONMENTS[name].lock)));
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
