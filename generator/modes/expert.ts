/** Episodes that the expert drives from a drawn start. */

import { simulateEpisode } from '../../sim/engine/simulate.ts';
import type { Trajectory } from '../../sim/engine/trajectory.ts';
import type { EpisodeStart } from '../../sim/tasks/collect-bricks/episode-start.ts';
import type { StateChoice } from '../settings.ts';

/** What every mode is told about an attempt. */
export interface AttemptFormat {
  fps: number;
  state: StateChoice;
}

export const expertEpisode = (start: EpisodeStart, format: AttemptFormat): Trajectory =>
  simulateEpisode(start, format);
