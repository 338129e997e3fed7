/** When a student that drives is relieved by the expert. */
import type { EpisodeStart } from './episode-start.ts';
import type { World } from './world.ts';

/** Why a student handed over; `drawn`: it had done nothing wrong, its time was up. */
export const HANDOVERS = [
  'drawn',
  'no-progress',
  'collision',
  'stage-timeout',
  'deviation',
  'ended',
] as const;
export type Handover = (typeof HANDOVERS)[number];
export type Trigger = Exclude<Handover, 'drawn' | 'ended'>;

export interface DrivenFrame {
  /** What drives the robot in this frame, and what the expert would do. */
  executed: ArrayLike<number>;
  expert: ArrayLike<number>;
  /** Whether the student drives it: the expert's own frames are no deviation. */
  byStudent: boolean;
}

export interface HandoverWatch<
  Start extends EpisodeStart = EpisodeStart,
  W extends World<Start> = World<Start>,
> {
  /** Looks at the frame shown now, before it is driven; the first trigger that holds. */
  note(world: W, frame: DrivenFrame): Trigger | undefined;
}
