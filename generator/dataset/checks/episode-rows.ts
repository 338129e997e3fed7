/** meta/episodes: readers find episode k in row k and trust its numbers to find everything else. */
import type { EpisodeRow } from '../episode-row.ts';
import type { Findings } from '../findings.ts';

export function checkEpisodeRows(
  rows: readonly EpisodeRow[],
  tasks: readonly string[],
  findings: Findings,
): void {
  let next = 0;
  rows.forEach((row, k) => {
    const fault = (message: string): void => findings.fault(k, 'episode-rows', message);
    if (row.episodeIndex !== k) fault(`row ${k} of meta/episodes is episode ${row.episodeIndex}`);
    if (!(row.length > 0)) fault(`its length is ${row.length}`);
    if (row.fromIndex !== next)
      fault(`it begins at row ${row.fromIndex}, the episode before ends at ${next}`);
    if (row.toIndex - row.fromIndex !== row.length) {
      fault(`it spans rows ${row.fromIndex} to ${row.toIndex}, but its length is ${row.length}`);
    }
    for (const task of row.tasks) {
      if (!tasks.includes(task)) fault(`its task "${task}" is not in tasks.parquet`);
    }
    next = row.toIndex;
  });
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
