#!/usr/bin/env node
/**
 * Who imports whom, against .dependency-cruiser.mjs: `node scripts/check-imports.mjs [FOLDER]`. Prints each violation and
 * exits 1 where there is one. Its own runner, because the command line prints a warning on TypeScript 7, whose types
 * swc's parser reads as well.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cruise } from 'dependency-cruiser';
import config, { MODULES } from '../.dependency-cruiser.mjs';

/**
 * All violations in a checkout, each `RULE: FROM -> TO`, a cycle with all of its files.
 * @param {string} root
 */
export async function importViolations(root) {
  const { options, ...ruleSet } = config;
  const roots = MODULES.map((name) => name.split('/')[0]).filter((name) => existsSync(join(root, name)));
  const result = await cruise([...new Set(roots)], { ...options, ruleSet, validate: true, baseDir: root });
  const { violations } = /** @type {import('dependency-cruiser').ICruiseResult} */ (result.output).summary;
  return violations.map(({ rule, from, to, cycle }) =>
    cycle
      ? `${rule.name}: ${[from, ...cycle.map(({ name }) => name)].join(' -> ')}`
      : `${rule.name}: ${from} -> ${to}`,
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const violations = await importViolations(process.argv[2] ?? process.cwd());
  for (const violation of violations) process.stderr.write(`${violation}\n`);
  process.exitCode = violations.length > 0 ? 1 : 0;
}
