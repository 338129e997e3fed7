/**
 * Aimed starts: data around the failures that a rollout found, with a share of everything else against forgetting.
 * A pool of failures is read once (aim-report.ts); which of them an attempt is about follows from its name alone.
 */

import type { EpisodeStart } from '../sim/engine/episode-start.ts';
import { Rng } from '../sim/engine/rng.ts';
import { taskOf } from '../sim/engine/task-registry.ts';

export const AIM_DEFAULTS = {
  /** Share of ordinary starts. */
  everythingElse: 0.3,
  /** How long before the failure showed an episode may begin, beside the rollout's own start. */
  leadsS: [1, 2, 4, 8],
  /** Chance to begin near the rollout's own start instead. */
  atStart: 0.4,
} as const;

export interface AimedFailure {
  /** Of the rollout's condition; never a start of this run. */
  condition: string;
  scenario: string;
  label: string;
  /** What the task's `aiming` makes of a rollout: where things were. */
  start: unknown;
  /** States on the way to the failure; none where it failed within a second. */
  before: { leadS: number; place: unknown }[];
}

export interface AimPool {
  everythingElse: number;
  /** How much a failure with a label counts, relative to 1. */
  labelWeights: Readonly<Record<string, number>>;
  failures: readonly AimedFailure[];
}

export interface Share {
  name: string;
  weight: number;
}

const weightOf = ({ labelWeights }: AimPool, { label }: AimedFailure): number => labelWeights[label] ?? 1;

const totalWeight = (pool: AimPool, failures: readonly AimedFailure[]): number =>
  failures.reduce((sum, failure) => sum + weightOf(pool, failure), 0);

/**
 * The shares of the scenarios: what `everythingElse` leaves goes to each scenario by the weight of its failures.
 * `ordinary` is the chance that an episode of the scenario begins like any other.
 */
export function aimedShares(shares: readonly Share[], pool: AimPool): (Share & { ordinary: number })[] {
  const sum = shares.reduce((total, { weight }) => total + weight, 0);
  const all = totalWeight(pool, pool.failures);
  return shares.map(({ name, weight }) => {
    const ordinary = (pool.everythingElse * weight) / sum;
    const own = pool.failures.filter(({ scenario }) => scenario === name);
    const aimed = ((1 - pool.everythingElse) * totalWeight(pool, own)) / all;
    const both = ordinary + aimed;
    return { name, weight: both, ordinary: both > 0 ? ordinary / both : 1 };
  });
}

export interface Aim<Start extends EpisodeStart = EpisodeStart> {
  start: Start;
  /** What the start is about; undefined for an ordinary one. */
  label: string | undefined;
}

/**
 * What an attempt begins with. `drawn` is the ordinary start of its stream: light, physics, colours and events are
 * always its own, so that of a held-out start nothing comes back but the neighbourhood.
 * @param ordinary chance to leave it as it is
 * @param name the attempt's
 */
export function aimStart<Start extends EpisodeStart>(
  drawn: Start,
  pool: AimPool,
  ordinary: number,
  name: readonly (string | number)[],
): Aim<Start> {
  const rng = Rng.from(...name, 'aim');
  const own = pool.failures.filter(({ scenario }) => scenario === drawn.scenario);
  if (rng.unit() < ordinary || own.length === 0) return { start: drawn, label: undefined };
  const failure = pickWeighted(pool, own, rng);
  const isEarly = failure.before.length === 0 || rng.unit() < AIM_DEFAULTS.atStart;
  const place = isEarly ? failure.start : rng.pick(failure.before).place;
  const start = taskOf(drawn).aiming?.startNear(drawn, place, isEarly ? 'start' : 'state', rng);
  return start ? { start, label: failure.label } : { start: drawn, label: undefined };
}

function pickWeighted(pool: AimPool, failures: readonly AimedFailure[], rng: Rng): AimedFailure {
  let left = rng.unit() * totalWeight(pool, failures);
  for (const failure of failures) {
    left -= weightOf(pool, failure);
    if (left < 0) return failure;
  }
  return failures[failures.length - 1];
}
