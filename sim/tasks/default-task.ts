/** The task of everything that names none, for what is said of it where no task is chosen yet: help texts, foreign data. */
import type { AnyTask } from '../engine/task.ts';
import { describeTask } from './load-task.ts';

export const defaultTask: AnyTask = await describeTask();
