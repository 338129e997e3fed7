/** The folder that --task named: the only code from outside of the checkout that is ever run. One a process. */

import { pathToFileURL } from 'node:url';

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

/** A sentence about an error that came out of that folder's code, with its place there; undefined for any other. */
export function outsideFault(error: unknown): string | undefined {
  if (!chosen || !(error instanceof Error)) return undefined;
  const folder = `${pathToFileURL(chosen.folder).href}/`;
  const frame = error.stack?.split('\n').find((line) => line.includes(folder));
  if (frame === undefined) return undefined;
  const place = frame.slice(frame.indexOf(folder) + folder.length).replace(/\)$/, '');
  return `task ${chosen.name}: ${error.message}, at ${place}; the code of the task is to be corrected (--verbose shows the stack)`;
}
