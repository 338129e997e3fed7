/**
 * Recovery: an episode is driven up to a drawn moment and disturbed there; what is kept is what the expert does from
 * the disturbed state on. The stored start holds that state with its velocities, and what the disturbance still does
 * (a kick, a shake, slipping wheels) as events at time 0, so the episode replays from its start and executed actions
 * like any other. The expert drives and labels every frame that is kept, so no chunk of actions crosses a switch of
 * who drives, whatever a training makes of `label_valid`; `source` is 'recovery' throughout.
 *
 * The frames in which the disturbance drives, and those before, are left out rather than masked: a chunk that begins
 * before a jam would hold the answer to a jam that its picture does not show, and masking the jammed frames alone leaves
 * what follows them in that chunk.
 */
import { timeLimitS } from '../../scenarios/sampler.ts';
import type { Scenario } from '../../scenarios/schema.ts';
import { LeadInFailure } from '../../sim/engine/disturbance.ts';
import type { EpisodeStart } from '../../sim/engine/episode-start.ts';
import { expertPolicy } from '../../sim/engine/policies.ts';
import { Rng } from '../../sim/engine/rng.ts';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import { taskOf } from '../../sim/engine/task-registry.ts';
import type { Trajectory } from '../../sim/engine/trajectory.ts';
import type { AttemptFormat } from './expert.ts';

/** On top of what the scenario gives for what remains to be done. */
export const RECOVERY_TIME_S = 20;
/** Disturbances drawn until one has room. */
const DRAWS = 12;

export interface RecoveryOptions extends AttemptFormat {
  scenario: Scenario;
  /** The attempt's: all draws follow from it. */
  name: readonly (string | number)[];
  /** Tried first; where there is no room for it, another is drawn. */
  disturbance: string;
  /** No other one is drawn. */
  only?: boolean;
}

/** Its multiples modulo 1 lie as evenly as can be. */
const GOLDEN_RATIO = 0.6180339887498949;

/** The kind that an attempt begins with: evenly spread over slots, and another one for the next attempt at a slot. */
export function disturbanceOf(
  kinds: readonly string[],
  seed: number,
  scenario: string,
  slot: number,
  attempt: number,
): string {
  const phase = Rng.from('disturbance', seed, scenario).unit();
  const place = (phase + (slot + attempt) * GOLDEN_RATIO) % 1;
  return kinds[Math.floor(place * kinds.length)];
}

/** @throws LeadInFailure when the expert does not solve the undisturbed start */
export function recoveryEpisode<Start extends EpisodeStart>(
  start: Start,
  options: RecoveryOptions,
): Trajectory<Start> {
  const { fps, state } = options;
  return simulateEpisode(disturbedStart(start, options), { fps, state, policy: expertPolicy('recovery') });
}

/** The state that the expert is to recover from. */
export function disturbedStart<Start extends EpisodeStart>(start: Start, options: RecoveryOptions): Start {
  const { scenario, name, fps, disturbance, only } = options;
  const rng = Rng.from(...name, 'recovery');
  const { disturbances = {} } = taskOf(start);
  const kinds = Object.keys(disturbances);
  for (let i = 0; i < DRAWS; i++) {
    const by = only || i < DRAWS / 3 ? disturbance : rng.pick(kinds);
    const world = disturbances[by].leadIn(start, rng, fps);
    try {
      const atS = Math.round(world.timeS * 1000) / 1000;
      const disturbed = disturbances[by].apply(world, rng, fps);
      if (!disturbed) continue;
      const { done, total } = world.progress;
      return {
        ...disturbed,
        seed: `${start.seed}/recovery`,
        timeLimitS: timeLimitS(scenario, total - done) + RECOVERY_TIME_S,
        disturbed: { by, atS },
      };
    } finally {
      world.dispose();
    }
  }
  throw new LeadInFailure(`no room for ${only ? disturbance : 'any disturbance'} in ${DRAWS} draws`);
}
