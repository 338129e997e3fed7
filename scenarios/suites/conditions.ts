/** Exact starts to evaluate on, and the hashes that name them. */
import { createHash } from 'node:crypto';
import type { EpisodeStart } from '../../sim/engine/episode-start.ts';
import { scenarioHash } from '../catalogue.ts';
import { sampleStart } from '../sampler.ts';
import type { Scenario } from '../schema.ts';

/** One start to evaluate on. */
export interface Condition {
  /** Equal keys start from equal states: scenario, stream, and the beginning of the start's own hash. */
  key: string;
  scenario: string;
  scenarioHash: string;
  seed: number;
  slot: number;
  start: EpisodeStart;
}

export interface ConditionSet {
  /** The suite's name, or what was asked for in words. */
  name: string;
  /** SHA-256 over all starts, in order: the same hash means the same conditions to the bit. */
  hash: string;
  seed: number;
  conditions: Condition[];
}

/**
 * Draws `counts[i].episodes` starts of each scenario in the namespace of evaluation, which generation never draws from.
 * @throws InputError when a scenario has no room
 */
export function drawConditions(
  name: string,
  seed: number,
  counts: readonly { scenario: Scenario; episodes: number }[],
): ConditionSet {
  const conditions = counts.flatMap(({ scenario, episodes }) => {
    const hash = scenarioHash(scenario);
    return Array.from({ length: episodes }, (_, slot) => {
      const start = sampleStart(scenario, { namespace: 'eval', seed, slot, attempt: 0 });
      return condition(start, hash, seed, slot);
    });
  });
  return conditionSet(name, seed, conditions);
}

/** A condition that begins from a start at hand. */
export function condition(start: EpisodeStart, hash: string, seed: number, slot: number): Condition {
  const { scenario } = start;
  const key = `${scenario}/${start.seed}/${startHash(start).slice(0, 12)}`;
  return { key, scenario, scenarioHash: hash, seed, slot, start };
}

/** Conditions under one name and hash, interleaved as they are. */
export function conditionSet(name: string, seed: number, conditions: Condition[]): ConditionSet {
  const hash = createHash('sha256');
  for (const { start } of conditions) hash.update(startHash(start)).update('\0');
  return { name, hash: hash.digest('hex'), seed, conditions };
}

/** SHA-256 of a start; the order of keys is the one in which the sampler writes them. */
export function startHash(start: EpisodeStart): string {
  return createHash('sha256').update(JSON.stringify(start)).digest('hex');
}
