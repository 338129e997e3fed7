#!/usr/bin/env node
/**
 * `npm test`: installs what the tests need, runs the checks and every test, and ends with one line
 * `N passed, N failed` (and `, N skipped`).
 * `npm run test:fast`: the tests that need neither Python nor a browser. Other arguments go to vitest.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChecks } from './check.mjs';
import { withNodeOnPath } from './setup/node.mjs';
import { runForCode } from './setup/run-command.mjs';
import { ensureSystemPackages } from './setup/system-packages.mjs';
import { ROOT, runMain, setUp } from './setup.mjs';

await runMain(async () => {
  const args = process.argv.slice(2);
  const fast = args.includes('--fast');
  const { node, python, pythonNext } = await setUp({ system: !fast, python: !fast, pythonNext: !fast });
  if (!fast) await ensureSystemPackages(ROOT, node, ['sshd']);
  const failedChecks = fast ? [] : await runChecks(node);
  const vitestArgs = args.filter((arg) => arg !== '--fast');
  if (fast) vitestArgs.unshift('--project', 'fast');
  const env = {
    ...withNodeOnPath(node),
    ...(python ? { BRICKYARD_PYTHON: python } : {}),
    ...(pythonNext ? { BRICKYARD_PYTHON_NEXT: pythonNext } : {}),
  };
  const code = await runVitest(node, vitestArgs, env);
  if (failedChecks.length > 0) process.stdout.write(`failed checks: ${failedChecks.join(', ')}\n`);
  return code === 0 && failedChecks.length > 0 ? 1 : code;
});

/**
 * Runs vitest with its own report on the terminal, then says its figures in one plain line.
 * @param {string} node
 * @param {string[]} args
 * @param {Record<string, string>} env
 */
async function runVitest(node, args, env) {
  const folder = await mkdtemp(join(tmpdir(), 'brickyard-vitest-'));
  try {
    const report = join(folder, 'report.json');
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { code } = await runForCode(node, [vitest, 'run', ...reporters, ...args], { cwd: ROOT, env });
    const counts = JSON.parse(await readFile(report, 'utf8'));
    const skipped = counts.numPendingTests + counts.numTodoTests;
    const failed = Math.max(counts.numFailedTests, code === 0 ? 0 : 1);
    process.stdout.write(
      `\n${counts.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
    );
    return code;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
