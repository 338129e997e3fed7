/** Episodes that the expert drives from a drawn start. */
import type { EpisodeStart } from '../../sim/episode-start.ts';
import { simulateEpisode } from '../../sim/simulate.ts';
import type { Trajectory } from '../../sim/trajectory.ts';
import type { StateChoice } from '../settings.ts';

/** What every mode is told about an attempt. */
export interface AttemptFormat {
  fps: number;
  state: StateChoice;
}

export const expertEpisode = (start: EpisodeStart, format: AttemptFormat): Trajectory =>
  simulateEpisode(start, format);
