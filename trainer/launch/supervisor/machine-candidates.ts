/** The two things that are done to a machine whatever becomes of the training. */
import type { Candidate } from './intent.ts';
import type { MachineRecord } from './state.ts';
import type { View } from './view.ts';

export function endMachine(view: View, machine: MachineRecord): Candidate {
  return { intent: { do: 'end-machine', machine }, dueMs: view.retries.untilMs(`end ${machine.name}`) };
}

export function settleCreate(view: View, machine: MachineRecord): Candidate {
  return { intent: { do: 'settle-create', machine }, dueMs: view.retries.untilMs(`create ${machine.name}`) };
}
