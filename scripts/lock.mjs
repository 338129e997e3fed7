#!/usr/bin/env node
/**
 * `npm run lock`: resolves trainer/requirements*.in into the lock files (wheels only, each for its oldest Python and
 * later) and completes package-lock.json.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { completeEntries } from './setup/npm-lock.mjs';
import { ENVIRONMENTS, ensureUv } from './setup/python.mjs';
import { run } from './setup/run-command.mjs';
import { ROOT, runMain } from './setup.mjs';

const RULES = ['--universal', '--only-binary', ':all:'];

await runMain(async () => {
  const uv = await ensureUv();
  const excludes = ['--excludes', join(ROOT, 'trainer', 'requirements-excludes.txt')];
  for (const [name, { lock, pythons }] of Object.entries(ENVIRONMENTS)) {
    // the peer runs beside the trainer's own versions, not beside newer ones
    const constraint = name === 'bench' ? ['--constraint', join(ROOT, ENVIRONMENTS.trainer.lock)] : [];
    const files = [join(ROOT, lock.replace(/lock$/, 'in')), '--output-file', join(ROOT, lock)];
    const rules = [...RULES, '--python-version', pythons[0], '--quiet', '--no-header', '--no-annotate'];
    await run(uv, ['pip', 'compile', ...rules, ...excludes, ...constraint, ...files]);
  }
  const npmLock = join(ROOT, 'package-lock.json');
  const content = JSON.parse(await readFile(npmLock, 'utf8'));
  const packages = completeEntries(content.packages);
  await writeFile(npmLock, `${JSON.stringify({ ...content, packages }, null, 2)}\n`);
  return 0;
});
