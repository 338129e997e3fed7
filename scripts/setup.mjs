#!/usr/bin/env node
/**
 * Makes this checkout ready: node scripts/setup.mjs [--python] [--python-next] [--bench] [--only-npm] [--quiet]
 * Everything it does is done once; a second run only looks. Runs under any Node >= 18.
 */
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureNode } from './setup/node.mjs';
import { ensureNpmPackages } from './setup/npm-packages.mjs';
import { ensurePython } from './setup/python.mjs';
import { SetupError } from './setup/run-command.mjs';
import { ensureSystemPackages } from './setup/system-packages.mjs';

export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/**
 * @typedef {object} Ready
 * @property {string} node path of a current Node
 * @property {string} [python] path of the trainer environment's Python
 * @property {string} [pythonNext] path of the Python with the newer lerobot, which the tests read data of
 * @property {string} [benchPython] path of the bench environment's Python
 */

/**
 * Installs what is missing.
 * @param {{ system?: boolean, python?: boolean, pythonNext?: boolean, bench?: boolean }} [options] system: Chromium and its kin (default)
 * @returns {Promise<Ready>}
 */
export async function setUp({ system = true, python = false, pythonNext = false, bench = false } = {}) {
  const node = await ensureNode();
  await ensureNpmPackages(ROOT, node);
  if (system) await ensureSystemPackages(ROOT, node, ['chromium', 'egl', 'ffmpeg']);
  if (python || pythonNext || bench) await ensureSystemPackages(ROOT, node, ['pip']);
  if (bench) await ensureSystemPackages(ROOT, node, ['osmesa']);
  return {
    node,
    python: python ? join(await ensurePython(ROOT, 'trainer'), 'bin', 'python') : undefined,
    pythonNext: pythonNext ? join(await ensurePython(ROOT, 'next'), 'bin', 'python') : undefined,
    benchPython: bench ? join(await ensurePython(ROOT, 'bench'), 'bin', 'python') : undefined,
  };
}

/**
 * Runs a script's main function; what the machine lacks is told in one sentence, without a stack trace.
 * @param {() => Promise<number>} main returns the exit code
 */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const flags = process.argv.slice(2);
  await runMain(async () => {
    const ready = await setUp({
      system: !flags.includes('--only-npm'),
      python: flags.includes('--python'),
      pythonNext: flags.includes('--python-next'),
      bench: flags.includes('--bench'),
    });
    if (!flags.includes('--quiet')) {
      for (const [what, path] of Object.entries(ready)) if (path) process.stderr.write(`${what}: ${path}\n`);
      process.stderr.write('ready\n');
    }
    return 0;
  });
}
