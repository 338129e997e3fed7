/** Whether a policy gives here what its training gave: the golden pairs through this machine's runtime. */
import { throwFaults } from '../sim/errors.ts';
import type { PolicyFolder } from './policy-folder.ts';
import type { PolicySession } from './session.ts';

export interface GoldenPairsVerdict {
  pairs: number;
  tolerance: number;
  /** Largest difference of an action over all pairs. */
  worst: number;
}

/** More faults than this are the same one over and over. */
const MAX_FAULTS = 5;

/**
 * Puts every golden frame and state through the session and compares with the training's own answer.
 * @throws InputError saying by how much which pair differs.
 */
export async function checkGoldenPairs(
  session: PolicySession,
  policy: PolicyFolder,
): Promise<GoldenPairsVerdict> {
  const { tolerance, pairs } = policy.golden;
  const { names } = policy.contract.output;
  const faults: string[] = [];
  let worst = 0;
  let failed = 0;
  for (const [i, pair] of pairs.entries()) {
    const actual = await session.query(pair.frames, pair.state);
    const { difference, index } = largestDifference(actual, pair.expected);
    worst = Math.max(worst, difference);
    if (difference <= tolerance) continue;
    failed++;
    const row = Math.floor(index / names.length);
    if (failed <= MAX_FAULTS)
      faults.push(
        `golden pair ${i} (episode ${pair.episode}, frame ${pair.frame}): ${names[index % names.length]} of step ${row} is ${actual[index]}, in training it was ${pair.expected[index]}; the difference ${difference.toPrecision(3)} is over ${tolerance}`,
      );
  }
  if (failed > MAX_FAULTS)
    faults.push(
      `${failed - MAX_FAULTS} more of ${pairs.length} pairs differ, by ${worst.toPrecision(3)} at most`,
    );
  throwFaults(`policy ${policy.folder}`, faults);
  return { pairs: pairs.length, tolerance, worst };
}

/** NaN where a number is wanted counts as infinitely far. */
export function largestDifference(
  actual: Float32Array,
  expected: Float32Array,
): { difference: number; index: number } {
  let difference = 0;
  let index = 0;
  if (actual.length !== expected.length) return { difference: Number.POSITIVE_INFINITY, index };
  for (let i = 0; i < expected.length; i++) {
    const one = Math.abs(actual[i] - expected[i]);
    const far = Number.isNaN(one) ? Number.POSITIVE_INFINITY : one;
    if (far > difference) [difference, index] = [far, i];
  }
  return { difference, index };
}
