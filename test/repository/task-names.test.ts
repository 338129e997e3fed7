/** Outside of robots and tasks, the code names neither: what it needs it asks them for. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Files that name the robot or the things of one task, and why each may. */
const ALLOWED: Record<string, string> = {
  'sim/engine/task-registry.ts': 'the task of everything that names none',
  'rollouts/results.ts': 'the key `bricks` of result lines, which scripts read',
  'scenarios/scenario.schema.json': 'made from the vocabulary of the built-in task',
  'scripts/expert-table.ts': "a table about this task's expert",
  'scripts/results/tilted-bucket.ts': "a figure about this task's expert",
  'scripts/peers/mujoco_lerobot.py': 'the same job, done with other tools',
  'trainer/conf/config.yaml': 'env=loader is the default of `python trainer/train.py`',
  'trainer/conf/env/loader.yaml': 'what env=loader expects of a dataset; stored runs name it',
};

const CODE = /\.(ts|mjs|js|py|json|yaml|css|html)$/;
const ELSEWHERE =
  /^(docs|test|examples|sim\/robots|sim\/tasks)\/|^scenarios\/.*\.yaml$|^package(-lock)?\.json$/;
const NAMES = /wheel.?loader|\bloaders?\b|bricks?\b/i;
/** Names of scenarios, in examples and goldens. */
const SCENARIOS = /\bone-brick\b/g;
/** Other loaders: PyTorch's, lerobot's own, esbuild's option. */
const NOT_THE_ROBOT =
  /data_?loader|loader: 'ts'|loader \(|own loader|neither loader|dynamic loader|loader does not read|= torch.*DataLoader|iter\(loader\)/i;

/** Of the checkout; what git ignores is left out, and a file that is gone but not yet staged. */
function sources(): string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return listed
    .split('\n')
    .filter((name) => CODE.test(name) && !ELSEWHERE.test(name) && existsSync(join(ROOT, name)));
}

const namesIt = (file: string): boolean =>
  readFileSync(join(ROOT, file), 'utf8')
    .split('\n')
    .some((line) => !NOT_THE_ROBOT.test(line) && NAMES.test(line.replaceAll(SCENARIOS, '')));

it('no more than ten files name the robot or the things of a task, each for a reason', () => {
  expect(sources().length).toBeGreaterThan(300);
  expect(sources().filter(namesIt).sort()).toEqual(Object.keys(ALLOWED).sort());
  expect(Object.keys(ALLOWED).length).toBeLessThanOrEqual(10);
});
