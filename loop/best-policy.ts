/** OUT/best: a copy of the best round's policy folder, complete at every moment or not there. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { POLICY_FILE } from '../policy/contract.ts';
import { Disk } from '../runtime/disk.ts';
import { readRegularSync } from '../runtime/regular-file.ts';
import { bestOf } from './improvement.ts';
import { judgedRounds, policyOf } from './round-stages.ts';
import type { LoopState } from './state.ts';

export const BEST_FOLDER = 'best';

/** Puts the best policy in place where it is not yet. */
export async function keepBest(out: string, state: LoopState, disk = new Disk()): Promise<void> {
  const best = bestOf(judgedRounds(state));
  if (!best) return;
  const source = join(out, policyOf(state, best.round)!);
  const target = join(out, BEST_FOLDER);
  if (contract(source) === contract(target)) return;
  await disk.copyFolder(source, target);
}

const contract = (folder: string): string | undefined =>
  existsSync(join(folder, POLICY_FILE))
    ? readRegularSync(join(folder, POLICY_FILE)).toString('utf8')
    : undefined;
