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
import { Rng } from '../../sim/engine/rng.ts';
import { expertDriver, simulateEpisode } from '../../sim/engine/simulate.ts';
import type { Trajectory } from '../../sim/engine/trajectory.ts';
import {
  DISTURBANCE_KINDS,
  DISTURBANCES,
  type DisturbanceKind,
} from '../../sim/tasks/collect-bricks/disturbances/kinds.ts';
import { driveTo, LeadInFailure } from '../../sim/tasks/collect-bricks/disturbances/moment.ts';
import type { EpisodeStart } from '../../sim/tasks/collect-bricks/episode-start.ts';
import type { World } from '../../sim/tasks/collect-bricks/world.ts';
import type { AttemptFormat } from './expert.ts';

/** On top of what the scenario gives for the bricks that remain. */
export const RECOVERY_TIME_S = 20;
/** Disturbances drawn until one has room. */
const DRAWS = 12;

export interface RecoveryOptions extends AttemptFormat {
  scenario: Scenario;
  /** The attempt's: all draws follow from it. */
  name: readonly (string | number)[];
  /** Tried first; where there is no room for it, another is drawn. */
  disturbance: DisturbanceKind;
  /** No other one is drawn. */
  only?: boolean;
}

/** Its multiples modulo 1 lie as evenly as can be. */
const GOLDEN_RATIO = 0.6180339887498949;

/** The kind that an attempt begins with: evenly spread over slots, and another one for the next attempt at a slot. */
export function disturbanceOf(
  seed: number,
  scenario: string,
  slot: number,
  attempt: number,
): DisturbanceKind {
  const phase = Rng.from('disturbance', seed, scenario).unit();
  const place = (phase + (slot + attempt) * GOLDEN_RATIO) % 1;
  return DISTURBANCE_KINDS[Math.floor(place * DISTURBANCE_KINDS.length)];
}

/** @throws LeadInFailure when the expert does not solve the undisturbed start */
export function recoveryEpisode(start: EpisodeStart, options: RecoveryOptions): Trajectory {
  const { fps, state } = options;
  const driver = (world: World) => ({ ...expertDriver(world), source: 'recovery' }) as const;
  return simulateEpisode(disturbedStart(start, options), { fps, state, driver });
}

/** The state that the expert is to recover from. */
export function disturbedStart(start: EpisodeStart, options: RecoveryOptions): EpisodeStart {
  const { scenario, name, fps, disturbance, only } = options;
  const rng = Rng.from(...name, 'recovery');
  for (let i = 0; i < DRAWS; i++) {
    const by = only || i < DRAWS / 3 ? disturbance : rng.pick(DISTURBANCE_KINDS);
    const { moment, apply } = DISTURBANCES[by];
    const world = driveTo(moment, start, rng, fps);
    try {
      const atS = Math.round(world.timeS * 1000) / 1000;
      const disturbed = apply(world, rng, fps);
      if (!disturbed || !isWorkLeft(world)) continue;
      return {
        ...disturbed,
        seed: `${start.seed}/recovery`,
        timeLimitS: timeLimitS(scenario, world.legosRemaining) + RECOVERY_TIME_S,
        disturbed: { by, atS },
      };
    } finally {
      world.dispose();
    }
  }
  throw new LeadInFailure(`no room for ${only ? disturbance : 'any disturbance'} in ${DRAWS} draws`);
}

/** Where every brick is in the box, or falls into it, there is nothing to recover. */
const isWorkLeft = (world: World): boolean =>
  world.bricks().some(({ insideBox, inBucket }) => !insideBox || inBucket);
