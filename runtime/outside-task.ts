/** The folder that --task named: the only code from outside of the checkout that is ever run. One a process. */

export interface OutsideTask {
  name: string;
  /** Absolute, links resolved. */
  folder: string;
}

let chosen: OutsideTask | undefined;

export const outsideTask = (): OutsideTask | undefined => chosen;

/** @throws Error when another one was set before */
export function setOutsideTask(task: OutsideTask): void {
  if (chosen && chosen.folder !== task.folder)
    throw new Error(`the task in ${chosen.folder} was chosen before that in ${task.folder}`);
  chosen = task;
}
