/** Who can be rolled out without a policy folder. */
import { expertPolicy, idlePolicy, randomPolicy } from '../sim/engine/policies.ts';
import type { SyncPolicy } from '../sim/engine/policy.ts';

export const BASELINES = ['expert', 'zero', 'random'] as const;
export type Baseline = (typeof BASELINES)[number];

const POLICIES: Record<Baseline, () => SyncPolicy> = {
  expert: expertPolicy,
  zero: idlePolicy,
  random: () => randomPolicy('eval-random'),
};

export const baselinePolicy = (kind: Baseline): SyncPolicy => POLICIES[kind]();
