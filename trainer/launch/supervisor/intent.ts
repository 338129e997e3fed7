/** What a supervisor does next: one request, or waiting. */
import type { HostStatus, Offer } from '../remote/ports.ts';
import type { AttemptEnd, AttemptEnding, EndingReason } from './journal-line.ts';
import type { Outcome } from './plan.ts';
import type { MachineRecord, Stray } from './state.ts';

export type Intent =
  /** Searches by labels: answers that were lost, machines that nobody wants. */
  | { do: 'sweep' }
  | { do: 'end-stray'; stray: Stray }
  | { do: 'list-offers' }
  | { do: 'look-at-existing' }
  | { do: 'create'; offer: Offer; maxRunS: number }
  /** After a create without an answer: looks for it, and asks again with the same request id if it is not there. */
  | { do: 'settle-create'; machine: MachineRecord }
  | { do: 'describe'; machine: MachineRecord }
  | { do: 'start'; machine: MachineRecord }
  /** Decides that a machine is not wanted; `end-machine` then does it. */
  | { do: 'retire'; machine: MachineRecord; why: EndingReason }
  | { do: 'end-machine'; machine: MachineRecord }
  | { do: 'prepare'; machine: MachineRecord }
  | { do: 'read-checkpoints' }
  | { do: 'launch'; machine: MachineRecord; attempt: number; resumeStep: number | null }
  /** Renews the dead man's limit and reads the agent's status. */
  | { do: 'observe'; machine: MachineRecord; keep: boolean }
  | ({ do: 'note-end' } & AttemptEnding)
  | { do: 'note-unpublished' }
  /** Ends the trainer because of what it does not do. */
  | { do: 'end-trainer'; machine: MachineRecord; end: AttemptEnd; step: number }
  | { do: 'interrupt'; machine: MachineRecord }
  | { do: 'kill'; machine: MachineRecord }
  | { do: 'fetch-outputs'; machine: MachineRecord }
  | { do: 'conclude'; outcome: Outcome }
  | { do: 'finish'; left: string[] }
  | { do: 'wait'; untilMs: number };

export interface Candidate {
  intent: Intent;
  dueMs: number;
}

/** Of a trainer that ended by itself, with what it said of it. */
export function noteExit({ exitCode, step, failure }: HostStatus): Intent {
  return { do: 'note-end', end: 'exit', exitCode, step, ...(failure ? { failure } : {}) };
}
