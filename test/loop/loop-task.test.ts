/** A loop stays with the task that it began with. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { taskScenarios } from '../../examples/tasks/push-ball/scenario.ts';
import { openLoop } from '../../loop/open-loop.ts';
import { STATE_FILE, writeState } from '../../loop/state.ts';
import { addTaskScenarios, selectTask } from '../../scenarios/tasks.ts';
import { DEFAULT_TASK } from '../../sim/engine/task-registry.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loop-task-'));
});
afterEach(() => {
  selectTask(DEFAULT_TASK);
  rmSync(folder, { recursive: true });
});

const open = (out: string) =>
  openLoop(out, { content: {}, limits: {} }, { cores: 1, overlap: true }, 'c', 'full');

it.each([
  ['push-ball', DEFAULT_TASK],
  [DEFAULT_TASK, 'push-ball'],
])('one of %s does not go on as one of %s', async (began, other) => {
  addTaskScenarios(taskScenarios, join(folder, 'scenarios'));
  selectTask(began);
  const out = join(folder, 'loop');
  const state = open(out);
  mkdirSync(out);
  await writeState(join(out, STATE_FILE), state);
  expect(open(out).content).toEqual(state.content);
  selectTask(other);
  expect(() => open(out)).toThrow(
    `the loop in ${out} is of the task ${began}, not of ${other}; give --task ${began}`,
  );
});
