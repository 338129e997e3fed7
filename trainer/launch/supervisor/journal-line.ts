/**
 * What a supervisor remembers. Lines that announce (`creating`, `starting`, `launching`, `ending-machine`) are on disk
 * before the request goes out: whoever reads the journal after a crash knows what may have happened.
 */
import type { Failure } from '../../../runtime/failure.ts';
import type { CloudFault, MachineRef, MachineState, Offer } from '../remote/ports.ts';
import type { Outcome, SupervisorPlan } from './plan.ts';

export type LineBody =
  | { type: 'planned'; plan: SupervisorPlan }
  /** A supervisor begins to look after the run, the first time or again. */
  | { type: 'supervising' }
  | { type: 'creating'; name: string; offer: Offer; requestId: string; maxRunS: number }
  | { type: 'created'; name: string; id: string; zone: string }
  /** For certain. */
  | { type: 'not-created'; name: string; fault: CloudFault; scope: Scope; why: string }
  /** The user's own machine, as it was before anything was done to it. */
  | { type: 'found'; ref: MachineRef; state: MachineState; offer: Offer }
  | { type: 'starting'; name: string }
  | { type: 'start-refused'; name: string; fault: CloudFault; why: string }
  | { type: 'running'; name: string }
  /** It no longer runs; `gone` where nothing is left to be started again. */
  | { type: 'down'; name: string; gone: boolean; preempted: boolean }
  | { type: 'prepared'; name: string }
  | { type: 'launching'; name: string; attempt: number; resumeStep: number | null }
  | { type: 'launched'; attempt: number }
  | { type: 'checkpoint'; step: number; validationLoss: number | null }
  | ({ type: 'attempt-ended'; attempt: number } & AttemptEnding)
  /** It ended well, and its last checkpoint did not reach storage. */
  | { type: 'attempt-unpublished'; attempt: number }
  | { type: 'ending-machine'; name: string; why: EndingReason }
  | { type: 'ended-machine'; name: string }
  /** A machine with this run's labels that nobody wants: a lost answer came true late, or twice. */
  | { type: 'stray'; ref: MachineRef; offer: Offer }
  | { type: 'stray-ended'; id: string }
  | { type: 'outputs'; fetched: boolean }
  | { type: 'reported' }
  | { type: 'outcome'; outcome: Outcome }
  /** A run that had ended goes on, with caps of its own: hours count anew, money from the run's beginning. */
  | { type: 'reopened'; plan: SupervisorPlan }
  /** The end. `left`: machines that could not be ended. */
  | { type: 'cleaned'; left: string[] };

export type JournalLine = LineBody & { atMs: number };

export type Scope = 'zone' | 'region' | 'everywhere';

/** exit: by itself; unpublished: so, but without its last checkpoint in storage; hung: no step; silent: its agent no longer writes; machine: it went away under it. */
export type AttemptEnd = 'exit' | 'unpublished' | 'hung' | 'silent' | 'machine';

/** How an attempt ended, as far as that is known. */
export interface AttemptEnding {
  end: AttemptEnd;
  exitCode: number | null;
  step: number;
  /** What the trainer said of it; lines of older versions lack it. */
  failure?: Failure;
}

/** Why a machine is not wanted any more. */
export type EndingReason =
  | 'done'
  | 'preempted'
  | 'out-of-stock'
  | 'boot'
  | 'unreachable'
  | 'setup'
  | 'failed';
