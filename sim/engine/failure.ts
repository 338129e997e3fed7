/** Why an episode that a policy drove did not succeed. */
import type { EpisodeStart } from './episode-start.ts';
import type { Outcome, Trajectory } from './trajectory.ts';

/** A failure label, as results, pages and options spell it. */
export const LABEL_PATTERN = /^[A-Z][A-Z0-9_]{0,63}$/;

export interface Failure<Label extends string = string> {
  /** One of the task's labels. */
  label: Label;
  /** When and where it shows best. */
  time_s: number;
  x_m: number;
  z_m: number;
  /** One sentence with the figures behind the label. */
  evidence: string;
}

/** A rollout that did not succeed, as stored. `bad-action`: the policy gave a number that is no action. */
export interface FailedTrajectory<Start extends EpisodeStart = EpisodeStart>
  extends Pick<Trajectory<Start>, 'fps' | 'frames' | 'poses' | 'executedActions'> {
  start: Start;
  outcome: Exclude<Outcome, 'success'> | 'bad-action';
  /** frames x controls, what the policy asked for before it was clamped; what was executed where it is left out. */
  actions?: Float32Array;
}
