/** What a supervisor sees now and a crash forgets; the state is what it remembers. */
import type { HostStatus, Machine, Offer, PublishedCheckpoint, Random } from '../remote/ports.ts';
import { Retries } from './retry.ts';

/** Of the machine in use; begins anew with each. */
export interface MachineView {
  name: string;
  described: Machine | null;
  describedAtMs: number | null;
  status: HostStatus | null;
  /** When the agent's status last counted on, and the trainer's step, by this machine's clock. */
  sequenceAtMs: number | null;
  stepAtMs: number | null;
  /** First look at this attempt's trainer, for its rate. */
  first: { step: number; atMs: number } | null;
  /** Last tried, and last answered: what is not answered says nothing of the trainer. */
  observedAtMs: number | null;
  seenAtMs: number | null;
  /** First of the failures in a row. */
  unreachableSinceMs: number | null;
  interruptedAtMs: number | null;
  wasKilled: boolean;
}

export interface View {
  /** Ctrl-C. */
  isStopAsked: boolean;
  /** By labels, in this life. */
  sweptAtMs: number | null;
  offers: Offer[] | null;
  offersAtMs: number;
  checkpoints: PublishedCheckpoint[] | null;
  checkpointsAtMs: number;
  /** Storage lists less than it did, since. */
  listsLessSinceMs: number | null;
  /** What takes long and runs beside the rest. */
  job: { kind: 'prepare' | 'outputs'; machine: string; sinceMs: number } | null;
  machine: MachineView;
  retries: Retries;
  /** Somebody else launched a newer attempt: the run is theirs now. */
  isSuperseded: boolean;
  /** Why it cannot succeed. */
  fatal: string | null;
}

export function newMachineView(name: string): MachineView {
  return {
    name,
    described: null,
    describedAtMs: null,
    status: null,
    sequenceAtMs: null,
    stepAtMs: null,
    first: null,
    observedAtMs: null,
    seenAtMs: null,
    unreachableSinceMs: null,
    interruptedAtMs: null,
    wasKilled: false,
  };
}

export function newView(random: Random): View {
  return {
    isStopAsked: false,
    sweptAtMs: null,
    offers: null,
    offersAtMs: 0,
    checkpoints: null,
    checkpointsAtMs: 0,
    listsLessSinceMs: null,
    job: null,
    machine: newMachineView(''),
    retries: new Retries(random),
    isSuperseded: false,
    fatal: null,
  };
}
