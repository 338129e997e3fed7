/** The regression suite: golden trajectories, then the policy gate. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeWholeFile } from '../../runtime/disk.ts';
import { readJsonSync } from '../../runtime/regular-file.ts';
import { listScenarios } from '../../scenarios/registry.ts';
import { InputError } from '../../sim/errors.ts';
import { type Comparison, comparePairs } from '../compare/comparison.ts';
import { pairRollouts } from '../compare/pairing.ts';
import { readRollout } from '../compare/rollout-folder.ts';
import type { RunRollout } from '../rollout-process.ts';
import {
  compareGoldens,
  type GoldenDifference,
  type Goldens,
  goldensSchema,
  makeGoldens,
} from './goldens.ts';
import type { TestCase } from './junit.ts';
import { gateCases } from './policy-gate.ts';

/** @throws InputError when there are none or they are no goldens */
export function readGoldens(path: string, shown: string): Goldens {
  if (!existsSync(path))
    throw new InputError(`--goldens ${shown}: there is no such file; write it with --update`);
  let value: unknown;
  try {
    value = readJsonSync(path);
  } catch {
    throw new InputError(`--goldens ${shown}: is no JSON; write it again with --update`);
  }
  const parsed = goldensSchema.safeParse(value);
  if (!parsed.success)
    throw new InputError(
      `--goldens ${shown}: ${parsed.error.issues[0].path.join('.')}: ${parsed.error.issues[0].message}; write it again with --update`,
    );
  return parsed.data;
}

/** A case for each golden scenario. */
export async function goldenCases(before: Goldens): Promise<TestCase[]> {
  const now = await makeGoldens(listScenarios());
  const differences = compareGoldens(before, now);
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names.map((name) => {
    const failure = differences
      .filter(({ scenario }) => scenario === name)
      .map(({ message }) => message)
      .join('; ');
    return { group: 'golden trajectories', name, ...(failure ? { failure: `${name}: ${failure}` } : {}) };
  });
}

/** Writes the goldens of now; returns what differs from those before. */
export async function updateGoldens(path: string, shown: string): Promise<GoldenDifference[]> {
  const before = existsSync(path) ? readGoldens(path, shown) : {};
  const now = await makeGoldens(listScenarios());
  const differences = compareGoldens(before, now);
  if (differences.length > 0) writeWholeFile(path, `${JSON.stringify(now, null, 2)}\n`);
  return differences;
}

export interface GateRequest {
  suite: string;
  seed?: number;
  checkpoint: string;
  /** A stored rollout's absolute folder, or whatever --checkpoint takes. */
  baseline: string;
  marginPoints: number;
  /** Absolute; the rollouts go below it. */
  out: string;
  workers?: string;
  quiet?: boolean;
}

export interface Gate {
  cases: TestCase[];
  comparison: Comparison;
  /** Folder of the new policy's rollout: the next baseline, if one wants it. */
  rollout: string;
}

/** Rolls out what is not yet rolled out and compares. */
export async function policyGate(request: GateRequest, runRollout: RunRollout): Promise<Gate> {
  const { suite, seed, workers, quiet, marginPoints } = request;
  const stored = existsSync(join(request.baseline, 'results.jsonl'));
  // Read before anything runs: an unreadable baseline must not cost a rollout.
  const baseline = stored ? readRollout(request.baseline, request.baseline) : undefined;
  const rollout = join(request.out, 'checkpoint');
  await runRollout({ checkpoint: request.checkpoint, suite, seed, workers, quiet, out: rollout });
  const other = join(request.out, 'baseline');
  if (!stored) await runRollout({ checkpoint: request.baseline, suite, seed, workers, quiet, out: other });
  const pairing = pairRollouts(baseline ?? readRollout(other, other), readRollout(rollout, rollout));
  if (pairing.pairs.length === 0)
    throw new InputError(
      `${request.baseline} and ${rollout}: no pair without a crash; see its error in results.jsonl`,
    );
  const comparison = comparePairs(pairing, marginPoints);
  return { cases: gateCases(comparison), comparison, rollout };
}
