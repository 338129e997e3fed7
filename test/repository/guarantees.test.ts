import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/guarantees.md');

it('every file that docs/guarantees.md names exists, and every table of promises names tests', () => {
  const text = readFileSync(PAGE, 'utf8');
  const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, path]) => path);
  const named = [...text.matchAll(/`([a-z]+\/[\w./-]+\.ts)`/g)].map(([, path]) => path);
  expect(links.filter((path) => path.includes('/test/')).length).toBeGreaterThan(20);
  expect(links.filter((path) => !existsSync(join(dirname(PAGE), path)))).toEqual([]);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  // A row of a table whose last column is "shown by" has a test in it.
  const tables = text.split('\n\n').filter((block) => block.startsWith('| promise | shown by |'));
  const rows = tables.flatMap((table) => table.trim().split('\n').slice(2));
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.filter((row) => !row.includes('](../test/'))).toEqual([]);
});
