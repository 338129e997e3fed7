/** The made-up episode that browsers are tried and measured with: it needs neither a scenario nor physics. */
import type { EpisodeStart } from '../engine/episode-start.ts';
import { DEFAULT_TASK } from '../engine/task-registry.ts';

export interface TrialOptions {
  frames: number;
  widthPx: number;
  heightPx: number;
}

/** What pictures of it are drawn from. */
export interface Trial extends TrialOptions {
  start: Pick<EpisodeStart, 'visual' | 'taskName'>;
  poses: Float32Array;
}

/** Gives the same episode for the same options, 600 frames of 320x240 by default. */
export type MakeTrial = (options?: Partial<TrialOptions>) => Trial;

let loading: Promise<MakeTrial> | undefined;

/** That of the default task: what a browser draws of it says what it can draw of any. */
export function loadTrial(): Promise<MakeTrial> {
  loading ??= import(`./${DEFAULT_TASK}/trial-scene.ts`).then(({ trialScene }) => trialScene as MakeTrial);
  return loading;
}
