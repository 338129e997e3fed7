/** What a supervised training was asked for, and the times its supervisor goes by. Journaled first, never changed. */
import type { Failure } from '../../../runtime/failure.ts';
import type { MachineRef } from '../remote/ports.ts';

export interface SupervisorPlan {
  runId: string;
  /** On every machine of this run and on no other; the clean-up finds them by it. */
  labels: Readonly<Record<string, string>>;
  /** OpenSSH format. */
  publicKey: string;
  /** The user's own machine; null: one of `Cloud.offers` is rented. */
  existing: MachineRef | null;
  /** How a machine of the user's is left, whatever the end was; ssh hosts, which nobody can start again: as-found. */
  existingAfterwards: 'stopped' | 'as-found';
  /** Whether to rent a machine elsewhere while the user's own is out of stock. */
  rentElsewhere: boolean;
  maxHours: number;
  /** Null: no cap. With one, an offer without a price is never taken. */
  maxCostUsd: number | null;
  /** Folder here that receives the run's outputs. */
  outputs: string;
  timing: SupervisorTiming;
}

/** All in seconds; counts where they are no times. */
export interface SupervisorTiming {
  /** Between two looks at the trainer; each renews the dead man's limit. */
  observeS: number;
  /** Between two questions to the provider about a machine that runs, and about one that does not yet. */
  describeS: number;
  describeStartingS: number;
  /** Between two searches for machines that nobody wants. */
  sweepS: number;
  checkpointsS: number;
  reportS: number;
  /** Training and machine end by themselves when nobody renewed for so long. */
  deadManS: number;
  /** A boot that takes longer counts as failed. */
  bootS: number;
  /** Code, environment, dataset. */
  prepareS: number;
  /** Without ssh for so long, a machine that the provider calls running is given up. */
  unreachableS: number;
  /** Without a new status of the agent, although ssh answers; it writes none while it waits for its last uploads. */
  silentAgentS: number;
  /** Without a step, after the first. */
  hangS: number;
  /** Without the first step: the dataset is decoded before it. */
  firstStepS: number;
  /** An interrupted trainer's checkpoint, and a last one's way to storage. */
  checkpointS: number;
  /** For the last checkpoint of a training that ended well to be listed; then the next attempt publishes it. */
  publishS: number;
  outputsS: number;
  /** Beyond these the clean-up ends with what is left named; dead man's switches take care of it. */
  cleanUpS: number;
  /** A request whose answer was lost takes effect within this or never. */
  settleS: number;
  /** One request. */
  requestS: number;
  /** Of the money and hours, kept for ending in order. */
  windDownS: number;
  /** With less left under a cap nothing is rented. */
  leastUsefulS: number;
  /** Attempts in a row that ended without a new checkpoint; then the training has failed. */
  fruitlessAttempts: number;
  /** Starts of a stopped rented machine that were refused; then another is rented. */
  startTries: number;
}

export const SUPERVISOR_TIMING: SupervisorTiming = {
  observeS: 30,
  describeS: 60,
  describeStartingS: 15,
  sweepS: 600,
  checkpointsS: 120,
  reportS: 30 * 60,
  deadManS: 30 * 60,
  bootS: 15 * 60,
  prepareS: 2 * 3600,
  unreachableS: 10 * 60,
  silentAgentS: 11 * 60,
  hangS: 15 * 60,
  firstStepS: 60 * 60,
  checkpointS: 5 * 60,
  publishS: 60,
  outputsS: 5 * 60,
  cleanUpS: 45 * 60,
  settleS: 90,
  requestS: 60,
  windDownS: 15 * 60,
  leastUsefulS: 10 * 60,
  fruitlessAttempts: 4,
  startTries: 3,
};

/** What the outcome of a training can be; whether all was cleaned up is said apart from it. */
export type OutcomeKind = 'succeeded' | 'failed' | 'capped' | 'interrupted';

export interface Outcome {
  kind: OutcomeKind;
  /** One sentence. */
  reason: string;
  /** What the trainer said of its end, where that decided; older journals lack it. */
  failure?: Failure;
}
