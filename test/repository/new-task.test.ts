/** docs/new-task.md shows the files of examples/tasks/reach-post as they are: who types along gets what is tested. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const TASK = join(ROOT, 'examples/tasks/reach-post');

it('docs/new-task.md shows every file of the task, to the letter', () => {
  const page = readFileSync(join(ROOT, 'docs/new-task.md'), 'utf8');
  const shown = [...page.matchAll(/^`([\w./-]+)`:\n\n```\w+\n([\s\S]*?)^```$/gm)].map(([, name, text]) => [
    name,
    text,
  ]);
  const files = readdirSync(TASK, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(ts|yaml)$/.test(name),
  );
  const own = files.map((name) => [name, readFileSync(join(TASK, name), 'utf8')]);
  expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(own));
});
