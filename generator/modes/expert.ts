/** Episodes that the expert drives from a drawn start. */

import type { EpisodeStart } from '../../sim/engine/episode-start.ts';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import type { Trajectory } from '../../sim/engine/trajectory.ts';

/** What every mode is told about an attempt. */
export interface AttemptFormat {
  fps: number;
  /** One of the task's state layouts. */
  state: string;
}

export const expertEpisode = <Start extends EpisodeStart>(
  start: Start,
  format: AttemptFormat,
): Trajectory<Start> => simulateEpisode(start, format);
