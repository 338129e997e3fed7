/** The rows of one episode: numbers, times, indices, actions. */
import { robotType } from '../../sim/engine/robot.ts';
import { defaultTask } from '../../sim/tasks/default-task.ts';
import { flatNames } from '../camera-shape.ts';
import type { DatasetInfo } from '../dataset-info.ts';
import type { EpisodeRow } from '../episode-row.ts';
import type { Findings } from '../findings.ts';

/** The rows of one episode, as rows x width numbers for each column. */
export interface EpisodeFrames {
  row: EpisodeRow;
  frames: number;
  columns: Record<string, { width: number; values: Float64Array }>;
}

/** lerobot's default tolerance when it looks for a frame. */
export const TIME_TOLERANCE_S = 1e-4;

/** Columns that lerobot fills in and every reader relies on. No policy's input is normalised by them. */
export const INDEX_COLUMNS: ReadonlySet<string> = new Set([
  ...['timestamp', 'frame_index', 'episode_index', 'index', 'task_index'],
]);

/** Whether training reads the column, as lerobot tells features apart by their names. */
export const isTrainedOn = (name: string): boolean =>
  name.startsWith('observation') || name.startsWith('action') || INDEX_COLUMNS.has(name);

/** NaN and infinity, in any column; only a warning in those that no policy reads, such as a reward. */
export function checkFinite({ row, columns }: EpisodeFrames, findings: Findings): void {
  for (const [name, { width, values }] of Object.entries(columns)) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    const count = values.reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0);
    const where = `frame ${Math.floor(at / width)}${width > 1 ? `, dimension ${at % width}` : ''}`;
    const report = (isTrainedOn(name) ? findings.fault : findings.warn).bind(findings);
    report(
      row.episodeIndex,
      'finite',
      `${name} is ${values[at]} at ${where} (${count} of ${values.length} numbers are not finite)`,
    );
  }
}

/**
 * timestamp is frame / fps, the time at which readers look for the frame in the video. Without a video lerobot finds
 * rows by their positions, and a clock's times are no more than a warning.
 */
export function checkTimestamps(
  { row, columns }: EpisodeFrames,
  info: DatasetInfo,
  hasVideo: boolean,
  findings: Findings,
): void {
  const times = columns.timestamp?.values;
  const at =
    times?.findIndex((time, frame) => !(Math.abs(time - frame / info.fps) <= TIME_TOLERANCE_S)) ?? -1;
  if (at < 0) return;
  const report = (hasVideo ? findings.fault : findings.warn).bind(findings);
  report(
    row.episodeIndex,
    'timestamps',
    `frame ${at} is at ${times[at]} s, ${info.fps} fps put it at ${at / info.fps} s`,
  );
}

/** frame_index, episode_index, index and task_index. */
export function checkIndices(
  { row, columns }: EpisodeFrames,
  tasks: readonly string[],
  findings: Findings,
): void {
  const expected: Record<string, (frame: number) => number> = {
    frame_index: (frame) => frame,
    episode_index: () => row.episodeIndex,
    index: (frame) => row.fromIndex + frame,
  };
  for (const [name, at] of Object.entries(expected)) {
    const values = columns[name]?.values;
    const wrong = values?.findIndex((value, frame) => value !== at(frame)) ?? -1;
    if (wrong < 0) continue;
    findings.fault(
      row.episodeIndex,
      'indices',
      `${name} of frame ${wrong} is ${values[wrong]}, not ${at(wrong)}`,
    );
  }
  const numbers = new Set(columns.task_index?.values);
  for (const number of numbers) {
    const task = tasks[number];
    if (task !== undefined && row.tasks.includes(task)) continue;
    if (task === undefined)
      findings.fault(row.episodeIndex, 'indices', `task_index ${number} is not in tasks.parquet`);
    else {
      // Readers take the text from tasks.parquet alone; lerobot's convert_image_to_video leaves others in the rows.
      const shown = JSON.stringify(task.slice(0, 80));
      const message = `task_index ${number} is ${shown}, which meta/episodes does not list`;
      findings.warn(row.episodeIndex, 'indices', message);
    }
  }
}

/**
 * Whether the actions are commands to a robot of ours, which lie in [-1, 1]: we made the dataset, or it says that its
 * robot is the default task's, or its actions have the names of that robot's controls. Other robots act in degrees,
 * metres or whatever they like.
 */
export function isOfOurRobot(info: DatasetInfo, isMadeHere: boolean): boolean {
  const { robot } = defaultTask;
  const names = flatNames(info.features.action?.names);
  return isMadeHere || info.robot_type === robotType(robot) || names?.join() === robot.actionNames.join();
}

/** `action` and `executed_action` within [-1, 1], of our robots. */
export function checkActionRange({ row, columns }: EpisodeFrames, findings: Findings): void {
  for (const name of ['action', 'executed_action']) {
    const column = columns[name];
    const at = column?.values.findIndex((value) => value < -1 || value > 1) ?? -1;
    if (at < 0) continue;
    const { width, values } = column;
    findings.fault(
      row.episodeIndex,
      'action-range',
      `${name} is ${values[at]} at frame ${Math.floor(at / width)}, dimension ${at % width}: outside [-1, 1]`,
    );
  }
}
