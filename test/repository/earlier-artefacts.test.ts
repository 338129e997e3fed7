/** What version 0.1.0 at 7e5a571 wrote still opens and gives the same results: test/fixtures/earlier was made by it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const EARLIER = join(ROOT, 'test/fixtures/earlier');
const work = mkdtempSync(join(tmpdir(), 'brickyard-earlier-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function brickyard(...args: string[]): string {
  const options = { encoding: 'utf8', cwd: work, env: { ...process.env, INIT_CWD: work } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'cli.ts'), ...args], options);
  expect(status, stderr).toBe(0);
  return stdout;
}

it('a dataset validates, with every row and picture against its digest, and splits', () => {
  const dataset = join(EARLIER, 'dataset');
  brickyard('dataset', 'validate', dataset, '--min-episodes', '2');
  brickyard('dataset', 'split', dataset, '--by', 'scenario', '--out', 'parts');
  brickyard('dataset', 'validate', join('parts', 'one-brick'), '--min-episodes', '2');
});

it('recorded actions drive to the recorded final states', () => {
  const source = `replay:${join(EARLIER, 'dataset')}`;
  const out = ['--out', 'replayed', '--json', '--quiet'];
  const summary = brickyard('eval', 'rollout', '--checkpoint', source, '--min-success', '1', ...out);
  expect(JSON.parse(summary.trim().split('\n').at(-1)!)).toMatchObject({ episodes: 2, successes: 2 });
});

it('rollouts are reported, and driven again they end alike', () => {
  brickyard('eval', 'report', join(EARLIER, 'rollouts'), '--videos', '0', '--out', 'report.html');
  const conditions = ['--scenarios', 'one-brick,dropped', '--episodes', '2', '--seed', '3'];
  brickyard('eval', 'rollout', '--checkpoint', 'expert', ...conditions, '--out', 'again', '--quiet');
  const lines = (folder: string): unknown[] =>
    readFileSync(join(folder, 'results.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .sort() // workers end in any order; a line begins with its condition
      .map((line) => JSON.parse(line));
  const was = lines(join(EARLIER, 'rollouts'));
  expect(was.length).toBe(2);
  expect(lines(join(work, 'again'))).toEqual(was.map((line) => expect.objectContaining(line as object)));
});
