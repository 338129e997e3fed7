/** How labels of several loaded tasks look: each task's own begin with the first colour. */
import { expect, it } from 'vitest';
import { labelIndex, labelMeaning } from '../../../evaluator/report/label-look.ts';
import { LABEL_COLORS } from '../../../evaluator/report/style.ts';
import { addTask } from '../../../sim/engine/task-registry.ts';
import { defaultTask } from '../../../sim/tasks/default-task.ts';

it('gives every label of a second task a colour of its own', () => {
  const labels = ['ROLLED_OFF', 'NEVER_MOVED'];
  const meanings = { ROLLED_OFF: 'It rolled off.', NEVER_MOVED: 'It never moved.' };
  addTask({ ...defaultTask, name: 'second', failures: { ...defaultTask.failures, meanings } });
  expect(labels.map(labelIndex)).toEqual([0, 1]);
  expect(labelMeaning('NEVER_MOVED')).toBe('It never moved.');
});

it('keeps within the colours that there are, and knows nothing of unknown labels', () => {
  const own = Object.keys(defaultTask.failures.meanings);
  expect(own.map(labelIndex)).toEqual(own.map((_, i) => i % LABEL_COLORS.length));
  expect(labelMeaning('constructor')).toBe('');
});
