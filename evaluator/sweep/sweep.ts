/**
 * Success against training step. The best checkpoint is chosen on one set of conditions and reported on another: the
 * best of many noisy figures is too high on the set that chose it, and whoever reports that figure fools himself.
 */

import { rolloutFolder, SELECTION_SEED } from '../../policy/checkpoint-success.ts';
import { countPairs, pairRollouts } from '../compare/pairing.ts';
import { readRollout, type StoredRollout } from '../compare/rollout-folder.ts';
import type { RunRollout } from '../rollout-process.ts';
import { pairedDifferenceInterval } from '../statistics/paired.ts';
import { wilson } from '../statistics/wilson.ts';
import type { Checkpoint } from './checkpoints.ts';

/** Seeds other than those of the built-in suites, so that a plain `eval rollout` stays a third set of conditions. */
export const SWEEP_DEFAULTS = { suite: 'smoke', selectSeed: SELECTION_SEED, reportSeed: 102 } as const;

export interface SweepRequest {
  checkpoints: readonly Checkpoint[];
  suite: string;
  /** Instance of the suite that chooses. */
  selectSeed: number;
  /** Instance that the chosen one is reported on. */
  reportSeed: number;
  /** Absolute; rollouts go below it, finished ones are used again. */
  out: string;
  workers?: string;
  quiet?: boolean;
}

export interface SweepRate {
  episodes: number;
  successes: number;
  errors: number;
  /** Of all episodes; an error is no success. */
  success_rate: number;
  wilson: [number, number];
  suite_hash: string;
}

export interface SweepPoint extends SweepRate {
  step: number;
  /** To the best, on the same conditions: best minus this one. */
  behind_best: { difference: number; interval: [number, number] };
}

export interface Sweep {
  suite: string;
  points: SweepPoint[];
  best: { step: number; policy: string };
  /** The best one on conditions that had no part in choosing it. */
  report: SweepRate;
  seeds: { select: number; report: number };
}

/** Rolls out every checkpoint, chooses, rolls the chosen one out again. */
export async function sweepCheckpoints(
  request: SweepRequest,
  runRollout: RunRollout,
  say: (text: string) => void,
): Promise<Sweep> {
  const { checkpoints, suite, selectSeed, reportSeed, out, workers, quiet } = request;
  const rollout = async ({ name, policy }: Checkpoint, seed: number): Promise<StoredRollout> => {
    const folder = rolloutFolder(out, seed, name);
    await runRollout({ checkpoint: policy, suite, seed, out: folder, workers, quiet });
    return readRollout(folder, folder);
  };
  const rollouts: StoredRollout[] = [];
  for (const [index, checkpoint] of checkpoints.entries()) {
    say(`checkpoint ${checkpoint.name} (${index + 1} of ${checkpoints.length})`);
    rollouts.push(await rollout(checkpoint, selectSeed));
  }
  const rates = rollouts.map(rateOf);
  const best = chooseBest(rates);
  say(`checkpoint ${checkpoints[best].name} is the best; on other conditions now`);
  const reported = rateOf(await rollout(checkpoints[best], reportSeed));
  return {
    suite,
    points: checkpoints.map(({ step }, index) => ({
      step,
      ...rates[index],
      behind_best: behind(rollouts[index], rollouts[best]),
    })),
    best: { step: checkpoints[best].step, policy: checkpoints[best].policy },
    report: reported,
    seeds: { select: selectSeed, report: reportSeed },
  };
}

/** The most successes; of equals the earliest, which cost the least training. */
export function chooseBest(rates: readonly { success_rate: number }[]): number {
  const top = Math.max(...rates.map(({ success_rate }) => success_rate));
  return rates.findIndex(({ success_rate }) => success_rate === top);
}

function rateOf({ results, summary }: StoredRollout): SweepRate {
  const count = (status: string) => results.filter((result) => result.status === status).length;
  const successes = count('success');
  return {
    episodes: results.length,
    successes,
    errors: count('error'),
    success_rate: successes / results.length,
    wilson: wilson(successes, results.length),
    suite_hash: summary?.suite_hash ?? '',
  };
}

function behind(one: StoredRollout, best: StoredRollout): SweepPoint['behind_best'] {
  const counts = countPairs(pairRollouts(one, best).pairs);
  return {
    difference: counts.pairs === 0 ? 0 : (counts.gained - counts.lost) / counts.pairs,
    interval: pairedDifferenceInterval(counts),
  };
}
