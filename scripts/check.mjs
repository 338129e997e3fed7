#!/usr/bin/env node
/**
 * `npm run check`: types, lint and format of TypeScript and Python, and the rules between the rooms.
 * Runs all of them, prints what fails, exits 1 if any did. `--fix` lets biome and ruff repair what they can.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withNodeOnPath } from './setup/node.mjs';
import { ensurePython } from './setup/python.mjs';
import { runForCode } from './setup/run-command.mjs';
import { ensureSystemPackages } from './setup/system-packages.mjs';
import { ROOT, runMain, setUp } from './setup.mjs';

/**
 * Runs every check and returns the names of those that failed.
 * @param {string} node
 * @param {{ fix?: boolean }} [options]
 */
export async function runChecks(node, { fix = false } = {}) {
  await ensureSystemPackages(ROOT, node, ['pip']);
  const ruff = join(await ensurePython(ROOT, 'check'), 'bin', 'ruff');
  const python = join(ROOT, 'trainer');
  const modules = join(ROOT, 'node_modules');
  const biome = ['check', '--error-on-warnings', ...(fix ? ['--write'] : [])];
  /** @type {[string, string, string[]][]} */
  const checks = [
    ['types', node, [join(modules, 'typescript', 'bin', 'tsc'), '-p', ROOT]],
    ['lint and format', node, [join(modules, '@biomejs', 'biome', 'bin', 'biome'), ...biome, ROOT]],
    ['python lint', ruff, ['check', '--quiet', ...(fix ? ['--fix'] : []), python]],
    ['python format', ruff, ['format', '--quiet', ...(fix ? [] : ['--check']), python]],
    ['rules of the code', node, ['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts', 'rules.ts')]],
    ['imports between modules', node, [join(ROOT, 'scripts', 'check-imports.mjs'), ROOT]],
  ];
  const failed = [];
  for (const [name, command, args] of checks) {
    const { code } = await runForCode(command, args, { cwd: ROOT, env: withNodeOnPath(node) });
    process.stdout.write(`check: ${name}: ${code === 0 ? 'ok' : 'FAILED'}\n`);
    if (code !== 0) failed.push(name);
  }
  return failed;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runMain(async () => {
    const { node } = await setUp({ system: false });
    const failed = await runChecks(node, { fix: process.argv.includes('--fix') });
    return failed.length === 0 ? 0 : 1;
  });
}
