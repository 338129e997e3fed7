/** The sources of a task outside of the checkout count for a run's code version, wherever they lie. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { taskSources } from '../../runtime/code-version.ts';

const FIXTURE = resolve(import.meta.dirname, '../../examples/tasks/reach-post');
const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

function copy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'task-sources-'));
  made.push(folder);
  cpSync(FIXTURE, folder, { recursive: true });
  return folder;
}

const named = (folder: string) =>
  taskSources(folder).map(({ name, path }) => [name, readFileSync(path, 'utf8')]);

it("names the folder's own files and those of the simulator, the same for every copy", () => {
  const names = taskSources(FIXTURE).map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['task.ts', 'puck.ts', 'scene.ts', 'brickyard/sim/engine/math.ts']),
  );
  expect(names.filter((name) => /^\/|\.\./.test(name))).toEqual([]);
  expect(named(copy())).toEqual(named(FIXTURE));
});

it('changes with any file that is imported', () => {
  const folder = copy();
  const before = named(folder);
  writeFileSync(join(folder, 'puck.ts'), `${readFileSync(join(folder, 'puck.ts'), 'utf8')}\n// changed\n`);
  expect(named(folder)).not.toEqual(before);
});
