/** --task: a folder from outside of the checkout, and what is refused about it. The real command, from a user's folder. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const FIXTURE = join(ROOT, 'examples/tasks/reach-post');

let folder: string;
let task: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outside-task-'));
  task = join(folder, 'my-task');
  cpSync(FIXTURE, task, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function brickyard(...args: string[]) {
  const env = { ...process.env, INIT_CWD: folder, NODE_OPTIONS: '' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'cli.ts'), ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const edit = (file: string, from: string | RegExp, to: string): void => {
  const path = join(task, file);
  const before = readFileSync(path, 'utf8');
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(path, after);
};

describe('a task with a robot of its own, in a folder of the user', () => {
  it('has its scenarios listed, checked, begun and probed', () => {
    expect(brickyard('scenario', 'list', '--task', 'my-task').stdout).toMatch(/near-post +easy +1 +12 s/);
    const made = brickyard('scenario', 'new', 'mine', '--task', 'my-task');
    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect(brickyard('scenario', 'validate', 'mine.yaml', '--task', 'my-task').stdout).toContain(
      '(posts: 1)',
    );
    const probe = brickyard('scenario', 'probe', 'near-post', '--task', task, '--attempts', '5');
    expect(probe.stdout).toContain('all: 5 of 5');
  });

  it('may share files with other folders beside it', () => {
    mkdirSync(join(folder, 'common'));
    cpSync(join(task, 'puck.ts'), join(folder, 'common/puck.ts'));
    writeFileSync(join(task, 'puck.ts'), "export * from '../common/puck.ts';\n");
    const probe = brickyard('scenario', 'probe', 'near-post', '--task', task, '--attempts', '2');
    expect(probe).toMatchObject({ status: 0, stderr: '' });
  });

  it('names scenarios of one task only in one selection', () => {
    const mixed = brickyard('scenario', 'probe', 'near-post,wall', '--task', task, '--attempts', '1');
    expect(mixed).toMatchObject({ status: 2, stdout: '' });
    expect(mixed.stderr).toContain(
      'near-post is of the task reach-post, but wall is of the task collect-bricks; name scenarios of one task',
    );
  });
});

describe('what is refused, with exit code 2 and without a stack', () => {
  const refused = (args: string[], message: string | RegExp): void => {
    const { status, stderr, stdout } = brickyard(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  };
  const list = ['scenario', 'list', '--task'];

  it('a name without a folder', () => {
    refused([...list, 'colect-bricks'], 'did you mean "collect-bricks"');
    refused([...list, './nowhere'], 'there is no such folder');
  });

  it('a file, and a folder without the files of a task, all named at once', () => {
    refused([...list, join(task, 'task.ts')], 'it is a file; name the folder that holds task.ts');
    mkdirSync(join(folder, 'empty'));
    refused(
      [...list, 'empty'],
      /task\.ts, which exports task, is missing[\s\S]*scene\.ts[\s\S]*scenario\.ts/,
    );
  });

  it('code that cannot be loaded, or that names a task of ours', () => {
    edit('scenario.ts', "taskName: 'reach-post'", "taskName: 'collect-bricks'");
    refused([...list, task], "is the name of one of brickyard's own tasks; choose another");
    writeFileSync(join(task, 'scenario.ts'), 'export const taskScenarios = ;');
    refused([...list, task], 'scenario.ts cannot be loaded');
    writeFileSync(join(task, 'scenario.ts'), 'export const scenarios = 1;');
    refused([...list, task], 'must export taskScenarios with a taskName');
  });

  it('a task or scene that cannot be loaded', () => {
    const probe = ['scenario', 'probe', 'near-post', '--task', task];
    edit('task.ts', 'name: taskScenarios.taskName', "name: 'other'");
    refused(probe, 'task.ts must export a task of that name, not other');
    edit('task.ts', "name: 'other'", 'name: taskScenarios.taskName');
    edit('task.ts', /MISSED_POST/g, 'missed_post');
    edit('task.ts', "phases: ['approach', 'rest']", 'phases: []');
    refused(probe, /phases has 0 entries[\s\S]*"missed_post" must be capitals/);
    writeFileSync(join(task, 'world.ts'), 'export class PostWorld {');
    refused(probe, 'task.ts cannot be loaded');
  });

  it('a scenario that names a task which was not loaded, or a path', () => {
    const file = join(task, 'scenarios/near-post.yaml');
    const validate = ['scenario', 'validate', file];
    refused(validate, /line 2, column \d+: task_name: task "reach-post" is not known/);
    edit('scenarios/near-post.yaml', 'task_name: reach-post', 'task_name: ../../my-task');
    refused([...validate, '--task', task], 'task "../../my-task" is not known');
  });

  it('a task that lacks what it must have, all of it at once', () => {
    const probe = ['scenario', 'probe', 'near-post', '--task', task];
    edit('task.ts', '  robot: PUCK,\n', '');
    edit('task.ts', '  expert,\n', '');
    refused(probe, /robot\.name is missing[\s\S]*expert is missing/);
    edit('scenario.ts', '  check: () => {},\n', '');
    refused(probe, 'taskScenarios in scenario.ts: check is missing');
  });

  it('code of the task that throws, with the place where it does', () => {
    edit(
      'world.ts',
      '  step(action',
      "  step(action: ArrayLike<number>, seconds: number): void {\n    if (this.timeS > 1) throw new Error('boom');\n    this.move(action, seconds);\n  }\n\n  move(action",
    );
    const probe = brickyard('scenario', 'probe', 'near-post', '--task', task);
    expect(probe.status).toBe(2);
    expect(probe.stderr).toMatch(/^brickyard: task reach-post: boom, at world\.ts:\d+/);
    expect(probe.stderr).not.toMatch(/^\s+at /m);
    edit('scene.ts', 'function createScene', 'const const');
    refused(
      ['gen', '--episodes', '1', '--out', 'more', '--task', task],
      'task reach-post: its files cannot be read',
    );
  });

  it('a file without task_name, and a scenario of another task than --task', () => {
    edit('scenarios/near-post.yaml', 'task_name: reach-post\n', '');
    const file = join(task, 'scenarios/near-post.yaml');
    refused(['scenario', 'validate', file, '--task', task], 'add task_name: reach-post');
    rmSync(file);
    refused(
      ['scenario', 'probe', 'wall', '--task', task],
      'wall is of the task collect-bricks, but --task is reach-post',
    );
  });

  it('no code of a folder that was not named by --task', () => {
    edit('scenario.ts', /^/, "process.stderr.write('outside code ran\\n');\n");
    for (const args of [
      ['scenario', 'validate', join(task, 'scenarios/near-post.yaml')],
      ['gen', '--scenarios', join(task, 'scenarios/near-post.yaml'), '--episodes', '1', '--dry-run'],
    ])
      expect(brickyard(...args).stderr).not.toContain('outside code ran');
    expect(brickyard(...list, task).stderr).toContain('outside code ran');
  });
});
