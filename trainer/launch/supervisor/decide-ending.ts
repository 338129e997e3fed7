/** After the outcome is known: the last checkpoint, the outputs, every machine, a last search; then the end. */
import { type Candidate, noteExit } from './intent.ts';
import { endMachine, settleCreate } from './machine-candidates.ts';
import { currentMachine, type MachineRecord, runningAttempt, type SupervisorState } from './state.ts';
import type { View } from './view.ts';

const LAST_READ_TRIES = 3;
/** About three minutes. */
const REACH_TRIES = 6;

export function endingCandidates(state: SupervisorState, view: View, nowMs: number): Candidate[] {
  const { timing } = state.plan;
  const open = [...state.machines.values()].filter(({ phase }) => phase !== 'ended');
  const strays = [...state.strays.values()].filter(({ ended }) => !ended);
  const sinceMs = Math.max(state.outcomeAtMs ?? 0, state.supervisingAtMs);
  if (nowMs - sinceMs > timing.cleanUpS * 1000) {
    const left = [...open, ...strays].map(nameAndZone);
    return [{ intent: { do: 'finish', left }, dueMs: 0 }];
  }
  const last = currentMachine(state);
  const goodbye = last === null ? [] : goodbyeCandidates(state, view, last, nowMs);
  if (goodbye.length > 0) return goodbye;
  // A host that stays on and is not reached: its own switch ends the training, and nothing is paid for here.
  if (open.length > 0 && strays.length === 0 && open.every((machine) => isOutOfReach(state, view, machine)))
    return [{ intent: { do: 'finish', left: open.map(nameAndZone) }, dueMs: 0 }];
  if (open.length > 0) return open.map((machine) => closing(view, machine));
  const made = [...state.machines.values()].filter(({ origin }) => origin === 'created');
  const settledAtMs = Math.max(0, ...made.map(({ askedAtMs }) => askedAtMs)) + timing.settleS * 1000;
  const lastEndMs = Math.max(0, ...made.map(({ endedAtMs }) => endedAtMs ?? 0));
  // Where nothing was ever asked for, nothing can have come of it.
  const isSwept = made.length === 0 || (view.sweptAtMs ?? 0) >= Math.max(settledAtMs, lastEndMs);
  if (!isSwept)
    return [{ intent: { do: 'sweep' }, dueMs: Math.max(settledAtMs, view.retries.untilMs('sweep')) }];
  return strays.length > 0 ? [] : [{ intent: { do: 'finish', left: [] }, dueMs: 0 }];
}

const nameAndZone = ({ name, zone }: { name: string; zone: string }): string =>
  name === zone ? name : `${name} in ${zone}`;

function isOutOfReach(
  { plan }: SupervisorState,
  view: View,
  { name, origin, foundState }: MachineRecord,
): boolean {
  const staysOn = plan.existingAfterwards === 'as-found' && foundState === 'running';
  const failures = view.retries.get(`end ${name}`)?.failures ?? 0;
  return origin === 'found' && staysOn && failures >= REACH_TRIES;
}

function closing(view: View, machine: MachineRecord): Candidate {
  if (machine.phase === 'creating') return settleCreate(view, machine);
  if (machine.phase === 'ending') return endMachine(view, machine);
  return { intent: { do: 'retire', machine, why: 'done' }, dueMs: 0 };
}

/** What is still wanted of a machine before it is ended; nothing once the time for it is over. */
function goodbyeCandidates(
  state: SupervisorState,
  view: View,
  machine: MachineRecord,
  nowMs: number,
): Candidate[] {
  const { timing } = state.plan;
  if (machine.phase !== 'made' || machine.power !== 'on') return [];
  const sees = view.machine;
  const sinceMs = state.outcomeAtMs ?? nowMs;
  if (nowMs - sinceMs > (timing.checkpointS + timing.outputsS) * 1000) return [];
  if (sees.name !== machine.name || sees.described === null)
    return [{ intent: { do: 'describe', machine }, dueMs: view.retries.untilMs('describe') }];
  if (sees.unreachableSinceMs !== null && nowMs - sees.unreachableSinceMs > 120_000) return [];
  const attempt = runningAttempt(state);
  if (attempt !== null && nowMs - sinceMs <= timing.checkpointS * 1000) {
    if (sees.interruptedAtMs === null)
      return [{ intent: { do: 'interrupt', machine }, dueMs: view.retries.untilMs('interrupt') }];
    const { status } = sees;
    if (status?.attempt === attempt.number && status.state === 'ended')
      return [{ intent: noteExit(status), dueMs: 0 }];
    const dueMs = Math.max((sees.observedAtMs ?? 0) + 10_000, view.retries.untilMs('observe'));
    return [{ intent: { do: 'observe', machine, keep: true }, dueMs }];
  }
  if (attempt !== null && !sees.wasKilled)
    return [{ intent: { do: 'kill', machine }, dueMs: view.retries.untilMs('kill') }];
  const hasLast = view.checkpointsAtMs > (state.attempt?.endedAtMs ?? 0);
  // The checkpoint that it was asked for is told of like every other; storage that does not answer holds nothing up.
  if (!hasLast && (view.retries.get('checkpoints')?.failures ?? 0) < LAST_READ_TRIES)
    return [{ intent: { do: 'read-checkpoints' }, dueMs: view.retries.untilMs('checkpoints') }];
  if (state.outputsTried || !machine.prepared) return [];
  if (view.job?.kind === 'outputs')
    return [{ intent: { do: 'wait', untilMs: nowMs + 10_000 }, dueMs: nowMs + 10_000 }];
  return [{ intent: { do: 'fetch-outputs', machine }, dueMs: view.retries.untilMs('outputs') }];
}
