/** Puts the results of two rollouts side by side, condition by condition, or says why that cannot be done. */
import { createHash } from 'node:crypto';
import type { RolloutResult } from '../../rollouts/results.ts';
import { throwFaults } from '../../sim/errors.ts';
import type { PairCounts } from '../statistics/paired.ts';
import { type StoredRollout, unfinishedFault } from './rollout-folder.ts';

export interface Pair {
  condition: string;
  scenario: string;
  a: RolloutResult;
  b: RolloutResult;
}

export interface Pairing {
  /** Both ended; in an order that does not depend on how they ended. */
  pairs: Pair[];
  /** At least one of the two crashed or hung: neither success nor failure. */
  errors: Pair[];
}

export interface PairingOptions {
  /** B may not have ended: pairs go as far as the shuffled order has no gap. */
  unfinished?: boolean;
  /** Every condition there is, where A may not have ended either. */
  conditions?: readonly string[];
  /** One may have seen its frames through the codec and the other as drawn: what is compared then is the codec. */
  acrossCodec?: boolean;
}

/** @throws InputError naming everything that keeps the two from being paired */
export function pairRollouts(a: StoredRollout, b: StoredRollout, options: PairingOptions = {}): Pairing {
  throwFaults(`the comparison of ${a.name} with ${b.name}`, pairingFaults(a, b, options));
  const [ofA, ofB] = [a, b].map(
    ({ results }) => new Map(results.map((result) => [result.condition, result])),
  );
  const conditions = options.conditions ?? [...ofA.keys()];
  const all: Pair[] = [];
  for (const { condition } of shuffledOrder(conditions.map((condition) => ({ condition })))) {
    const result = ofA.get(condition);
    const other = ofB.get(condition);
    // Of a rollout still running, quick episodes are there first, and those succeed more often: only what comes
    // before the first gap is a sample that does not depend on how the episodes ended.
    if (!result || !other) break;
    all.push({ condition, scenario: result.scenario, a: result, b: other });
  }
  const failed = (pair: Pair) => pair.a.status === 'error' || pair.b.status === 'error';
  return { pairs: all.filter((pair) => !failed(pair)), errors: all.filter(failed) };
}

/** By the hash of the condition: the same for every policy, and blind to scenario, duration and outcome. */
export function shuffledOrder<T extends { condition: string }>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, rank: createHash('sha256').update(item.condition).digest('hex') }))
    .sort((left, right) => (left.rank < right.rank ? -1 : 1))
    .map(({ item }) => item);
}

export function countPairs(pairs: readonly Pair[]): PairCounts {
  const solvedByOne = (one: 'a' | 'b', other: 'a' | 'b') =>
    pairs.filter((pair) => pair[one].status === 'success' && pair[other].status !== 'success').length;
  return { pairs: pairs.length, gained: solvedByOne('b', 'a'), lost: solvedByOne('a', 'b') };
}

function pairingFaults(a: StoredRollout, b: StoredRollout, options: PairingOptions): string[] {
  const unfinished = options.unfinished === true;
  const faults: string[] = [];
  const ended = [...(options.conditions ? [] : [a]), ...(unfinished ? [] : [b])];
  for (const { name, summary } of ended) if (!summary) faults.push(unfinishedFault(name));
  if (a.summary && b.summary && a.summary.suite_hash !== b.summary.suite_hash)
    faults.push(suiteFault(a, b, a.summary, b.summary));
  if (!options.acrossCodec) faults.push(...codecFaults(a, b));
  faults.push(...conditionFaults(a, b, options), ...scenarioFaults(a, b));
  return faults;
}

function suiteFault(
  a: StoredRollout,
  b: StoredRollout,
  ofA: { suite: string; suite_hash: string },
  ofB: { suite: string; suite_hash: string },
): string {
  const hashes = `${ofA.suite_hash.slice(0, 12)} against ${ofB.suite_hash.slice(0, 12)}`;
  if (ofA.suite === ofB.suite)
    return `suite ${ofA.suite} was edited, or drawn with another seed, between the two (hash ${hashes}); run both on the same one`;
  return `${a.name} ran suite ${ofA.suite} and ${b.name} ran ${ofB.suite} (hash ${hashes}); run both on one suite`;
}

function codecFaults(a: StoredRollout, b: StoredRollout): string[] {
  if ((a.throughCodec ?? false) === (b.throughCodec ?? false)) return [];
  const [coded, drawn] = a.throughCodec ? [a, b] : [b, a];
  return [
    `${coded.name} saw its frames through the codec and ${drawn.name} as drawn; roll both out the same way, or add --across-codec to measure what the codec does`,
  ];
}

function conditionFaults(a: StoredRollout, b: StoredRollout, options: PairingOptions): string[] {
  const inA = new Set(a.results.map(({ condition }) => condition));
  const inB = new Set(b.results.map(({ condition }) => condition));
  const faults: string[] = [];
  const missing = (from: StoredRollout, conditions: string[], other: StoredRollout) => {
    if (conditions.length > 0)
      faults.push(
        `${from.name} lacks ${conditions.length} of the ${other.results.length} conditions of ${other.name}, ${conditions[0]} first; only the same conditions can be paired`,
      );
  };
  if (!options.unfinished)
    missing(
      b,
      [...inA].filter((condition) => !inB.has(condition)),
      a,
    );
  if (!options.conditions)
    missing(
      a,
      [...inB].filter((condition) => !inA.has(condition)),
      b,
    );
  return faults;
}

/** A condition of the same name from a scenario that has changed since is another condition. */
function scenarioFaults(a: StoredRollout, b: StoredRollout): string[] {
  const ofB = new Map(b.results.map((result) => [result.condition, result]));
  const changed = a.results.filter((result) => {
    const other = ofB.get(result.condition);
    return other !== undefined && other.scenario_hash !== result.scenario_hash;
  });
  const names = [...new Set(changed.map(({ scenario }) => scenario))];
  return names.map((name) => `scenario ${name} was edited between the two; run both on the same one`);
}
