/** The commands that send and fetch end by one sentence and a code of their own. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TINY_POLICY } from '../policy/altered-policy.ts';

const CLI = join(import.meta.dirname, '../../cli.ts');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-commands-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function brickyard(...args: string[]) {
  const env = { ...process.env, INIT_CWD: folder };
  const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    env,
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stderr };
}

it('a place without a dataset is an answer, a URL that is none bad input', () => {
  mkdirSync(join(folder, 'empty'));
  const nothing = brickyard('dataset', 'pull', join(folder, 'empty'), 'ds');
  expect(nothing.status).toBe(1);
  expect(nothing.stderr).toMatch(/empty holds no whole dataset: it has no dataset\.manifest\.json.*\n$/);
  const wrong = brickyard('dataset', 'pull', 's3://bucket/x', 'ds');
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toMatch(/"s3:\/\/bucket\/x"; give gs:\/\//);
});

it('a dataset goes there and comes back', () => {
  mkdirSync(join(folder, 'ds/meta'), { recursive: true });
  writeFileSync(join(folder, 'ds/meta/info.json'), '{}');
  expect(brickyard('dataset', 'push', 'ds', join(folder, 'store'), '--quiet').status).toBe(0);
  expect(brickyard('dataset', 'pull', join(folder, 'store'), 'back', '--quiet').status).toBe(0);
  expect(brickyard('dataset', 'push', 'back', join(folder, 'store'), '--quiet').status).toBe(0);
});

it('a folder that cannot be written is bad input, said before anything is sent', () => {
  mkdirSync(join(folder, 'ds/meta'), { recursive: true });
  writeFileSync(join(folder, 'ds/meta/info.json'), '{}');
  for (const [what, source, place] of [
    ['dataset', 'ds', 'ds/meta/info.json/x'],
    ['policy', TINY_POLICY, '/proc/none'],
    ['dataset', 'ds', 'file:///proc/none'],
  ]) {
    const refused = brickyard(what, 'push', source, place);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(
      /^brickyard: the folder \S+(: | cannot be written: ).+; name another \w+\n$/,
    );
  }
});
