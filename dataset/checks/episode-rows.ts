/** meta/episodes: readers find episode k in row k and trust its numbers to find everything else. */
import type { EpisodeIndex } from '../episode-index.ts';
import type { Findings } from '../findings.ts';

export function checkEpisodeRows(index: EpisodeIndex, tasks: readonly string[], findings: Findings): void {
  const known = new Set(tasks);
  const unknownTasks = index.taskLists.map((list) => list.filter((task) => !known.has(task)));
  let next = 0;
  for (let k = 0; k < index.count; k++) {
    const fault = (message: string): void => findings.fault(k, 'episode-rows', message);
    const number = (name: string): number => index.number(name, k);
    const [episode, length] = [number('episode_index'), number('length')];
    const [from, to] = [number('dataset_from_index'), number('dataset_to_index')];
    if (episode !== k) fault(`row ${k} of meta/episodes is episode ${episode}`);
    if (!(length > 0)) fault(`its length is ${length}`);
    if (from !== next) fault(`it begins at row ${from}, the episode before ends at ${next}`);
    if (to - from !== length) fault(`it spans rows ${from} to ${to}, but its length is ${length}`);
    for (const task of unknownTasks[index.taskListOf(k)]) {
      fault(`its task ${JSON.stringify(task.slice(0, 80))} is not in tasks.parquet`);
    }
    next = to;
  }
}

/** LeRobot numbers tasks from 0 without gaps. */
export function checkTasks(tasks: readonly string[], findings: Findings): void {
  for (let i = 0; i < tasks.length; i++) {
    if (tasks[i] === undefined) findings.fault(null, 'tasks', `tasks.parquet has no task_index ${i}`);
    else if (tasks[i] === 'undefined') {
      findings.fault(
        null,
        'tasks',
        `tasks.parquet: the text of task ${i} cannot be found, its pandas index is missing`,
      );
    }
  }
}
