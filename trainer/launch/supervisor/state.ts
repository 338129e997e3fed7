/** What the journal adds up to. Pure: the same lines give the same state. */
import type { Failure } from '../../../runtime/failure.ts';
import type { MachineState, Offer } from '../remote/ports.ts';
import type { AttemptEnd, EndingReason, JournalLine, Scope } from './journal-line.ts';
import type { Outcome, SupervisorPlan } from './plan.ts';

/** creating: asked for, no answer known. made: there. ending: to be deleted or stopped. ended: seen to be. */
export type MachinePhase = 'creating' | 'made' | 'ending' | 'ended';

export interface MachineRecord {
  name: string;
  zone: string;
  /** Null until the provider said it. */
  id: string | null;
  origin: 'created' | 'found';
  /** Of a found one, before anything was done to it. */
  foundState: MachineState | null;
  offer: Offer;
  requestId: string | null;
  maxRunS: number;
  phase: MachinePhase;
  /** When the newest request that may make or start it was announced. */
  askedAtMs: number;
  /** asked: a create or start is on its way. on: seen running. off: seen stopped. gone: nothing is left. */
  power: 'off' | 'asked' | 'on' | 'gone';
  /** Since `power` is what it is. */
  powerAtMs: number;
  prepared: boolean;
  /** Starts in a row that were refused. */
  refusedStarts: number;
  endingWhy: EndingReason | null;
  endedAtMs: number | null;
  /** What it is paid for: from the request to the moment it was seen not to run. Null: it still is. */
  paid: { fromMs: number; toMs: number | null }[];
}

export interface AttemptRecord {
  number: number;
  machine: string;
  resumeStep: number | null;
  announcedAtMs: number;
  launched: boolean;
  end: AttemptEnd | null;
  endedAtMs: number | null;
  exitCode: number | null;
  /** What the trainer said of its end. */
  failure: Failure | null;
  /** Furthest that is known of. */
  step: number;
  /** Newest checkpoint when it was announced. */
  checkpointBefore: number | null;
}

export interface Stray {
  id: string;
  name: string;
  zone: string;
  ended: boolean;
  offer: Offer;
  paid: { fromMs: number; toMs: number | null };
}

/** Where nothing is asked for until then. */
export interface Block {
  scope: Scope | 'offer';
  /** offer: zone/type; zone, region: its name; everywhere: ''. */
  key: string;
  untilMs: number;
}

export interface SupervisorState {
  plan: SupervisorPlan;
  plannedAtMs: number;
  supervisingAtMs: number;
  /** How often a supervisor began. */
  supervisors: number;
  machines: Map<string, MachineRecord>;
  strays: Map<string, Stray>;
  /** The machine that is used or about to be; null: none. */
  current: string | null;
  attempt: AttemptRecord | null;
  /** Starts of the trainer after the first. */
  restarts: number;
  preemptions: number;
  /** Attempts in a row that brought no checkpoint, for reasons of their own. */
  fruitless: number;
  newestCheckpoint: number | null;
  blocks: Block[];
  /** By zone/type: refusals in a row. */
  refusals: Map<string, number>;
  reportedAtMs: number | null;
  outcome: Outcome | null;
  outcomeAtMs: number | null;
  outputsTried: boolean;
  /** Null until the end. */
  left: string[] | null;
}

export const offerKey = ({ zone, type }: Pick<Offer, 'zone' | 'type'>): string => `${zone}/${type}`;

/** gcp: us-central1-a lies in us-central1. Other providers' zones are regions. */
export const regionOf = (zone: string): string => zone.replace(/-[a-z]$/, '');

/** The machine in use, unless it is ended. */
export function currentMachine(state: SupervisorState): MachineRecord | null {
  return state.current === null ? null : (state.machines.get(state.current) ?? null);
}

/** The attempt that may run now. */
export function runningAttempt(state: SupervisorState): AttemptRecord | null {
  return state.attempt !== null && state.attempt.end === null ? state.attempt : null;
}

export function initialState(plan: SupervisorPlan, atMs: number): SupervisorState {
  return {
    plan,
    plannedAtMs: atMs,
    supervisingAtMs: atMs,
    supervisors: 0,
    machines: new Map(),
    strays: new Map(),
    current: null,
    attempt: null,
    restarts: 0,
    preemptions: 0,
    fruitless: 0,
    newestCheckpoint: null,
    blocks: [],
    refusals: new Map(),
    reportedAtMs: null,
    outcome: null,
    outcomeAtMs: null,
    outputsTried: false,
    left: null,
  };
}

/** @throws Error when the first line is no plan: a journal never begins otherwise */
export function replay(lines: readonly JournalLine[], apply: (s: SupervisorState, l: JournalLine) => void) {
  const [first, ...rest] = lines;
  if (first?.type !== 'planned') throw new Error('the journal does not begin with a plan');
  const state = initialState(first.plan, first.atMs);
  for (const line of rest) apply(state, line);
  return state;
}
