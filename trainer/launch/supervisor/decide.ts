/**
 * The supervisor's judgement: from what it remembers and sees to what it does next. Pure, so that a simulation may ask
 * it anything. Candidates stand in order of importance; the first that is due is done.
 */
import { leftS } from './cost.ts';
import { endingCandidates } from './decide-ending.ts';
import { rentingCandidates } from './decide-renting.ts';
import { trainingCandidates } from './decide-training.ts';
import type { Candidate, Intent } from './intent.ts';
import { endMachine, settleCreate } from './machine-candidates.ts';
import { outcomeNow } from './outcome.ts';
import { currentMachine, type MachineRecord, type SupervisorState } from './state.ts';
import type { View } from './view.ts';

/** Nothing is waited for longer, so that caps and Ctrl-C are looked at. */
const LONGEST_WAIT_MS = 30_000;

export function decide(state: SupervisorState, view: View, nowMs: number): Intent {
  if (state.left !== null) return { do: 'finish', left: state.left };
  // Two that look after one run would end each other's machines: the newer one keeps it.
  if (view.isSuperseded && state.outcome !== null)
    return { do: 'finish', left: openMachines(state).map(({ name }) => name) };
  if (state.outcome === null) {
    const outcome = outcomeNow(state, view, nowMs);
    if (outcome !== null) return { do: 'conclude', outcome };
  }
  const candidates = [
    ...sweepingCandidates(state, view),
    ...(state.outcome === null
      ? runningCandidates(state, view, nowMs)
      : endingCandidates(state, view, nowMs)),
  ];
  const due = candidates.find(({ dueMs }) => dueMs <= nowMs);
  if (due) return due.intent;
  const untilMs = Math.min(nowMs + LONGEST_WAIT_MS, ...candidates.map(({ dueMs }) => dueMs));
  return { do: 'wait', untilMs };
}

const openMachines = (state: SupervisorState): MachineRecord[] =>
  [...state.machines.values()].filter(({ phase }) => phase !== 'ended');

function sweepingCandidates(state: SupervisorState, view: View): Candidate[] {
  const { sweepS } = state.plan.timing;
  const strays = [...state.strays.values()].filter(({ ended }) => !ended);
  const sweepAtMs = view.sweptAtMs === null ? 0 : view.sweptAtMs + sweepS * 1000;
  return [
    ...strays.map(
      (stray): Candidate => ({
        intent: { do: 'end-stray', stray },
        dueMs: view.retries.untilMs(`stray ${stray.id}`),
      }),
    ),
    { intent: { do: 'sweep' }, dueMs: Math.max(sweepAtMs, view.retries.untilMs('sweep')) },
  ];
}

/** While the training goes on. Machines first: without one there is nothing to look at. */
function runningCandidates(state: SupervisorState, view: View, nowMs: number): Candidate[] {
  const { attempt } = state;
  const isLast = attempt?.endedAtMs != null && state.fruitless >= state.plan.timing.fruitlessAttempts;
  // Whether the last attempt was in vain is seen in storage.
  if (isLast && view.checkpointsAtMs <= attempt.endedAtMs!)
    return [{ intent: { do: 'read-checkpoints' }, dueMs: view.retries.untilMs('checkpoints') }];
  const machine = currentMachine(state);
  // A second machine is never asked for while the first may still train.
  const others = [...state.machines.values()].filter(
    (one) => one.phase === 'ending' && one.name !== machine?.name,
  );
  const ending = others.map((one) => endMachine(view, one));
  if (machine === null || machine.phase === 'ended') {
    // What an earlier life left open is found first.
    const mayRent = view.sweptAtMs !== null && ending.length === 0;
    return mayRent ? rentingCandidates(state, view, nowMs) : ending;
  }
  if (machine.phase === 'ending') return [...ending, endMachine(view, machine)];
  if (machine.phase === 'creating') return [...ending, settleCreate(view, machine)];
  return [...ending, ...madeCandidates(state, view, machine, nowMs)];
}

function madeCandidates(
  state: SupervisorState,
  view: View,
  machine: MachineRecord,
  nowMs: number,
): Candidate[] {
  const { timing } = state.plan;
  const sees = view.machine.name === machine.name ? view.machine : null;
  const everyS = machine.power === 'on' ? timing.describeS : timing.describeStartingS;
  const describedAtMs = sees?.describedAtMs ?? null;
  const describe: Candidate = {
    intent: { do: 'describe', machine },
    dueMs: Math.max(
      describedAtMs === null ? 0 : describedAtMs + everyS * 1000,
      view.retries.untilMs('describe'),
    ),
  };
  const retire = (why: 'preempted' | 'out-of-stock' | 'boot' | 'failed'): Candidate => ({
    intent: { do: 'retire', machine, why },
    dueMs: 0,
  });
  switch (machine.power) {
    case 'gone':
      return [retire('preempted')];
    case 'off': {
      const mayGoElsewhere = machine.origin === 'created' || state.plan.rentElsewhere;
      if (mayGoElsewhere && machine.refusedStarts >= timing.startTries) return [retire('out-of-stock')];
      // What is started again ends by itself only after the dead man's limit, not by the life it was made with.
      const { pricePerHourUsd } = machine.offer;
      const isShort = leftS(state, nowMs, pricePerHourUsd ?? 0) < timing.deadManS + timing.windDownS;
      if (machine.origin === 'created' && isShort) return [retire('preempted')];
      // Not before this life knows how it is: it may have been started without the journal knowing.
      if (describedAtMs === null) return [describe];
      return [{ intent: { do: 'start', machine }, dueMs: view.retries.untilMs('start') }];
    }
    case 'asked':
      if (sees?.described?.state === 'failed') return [retire('failed')];
      if (nowMs - machine.askedAtMs > timing.bootS * 1000) return [retire('boot')];
      return [describe];
    case 'on':
      return [describe, ...(sees?.described ? trainingCandidates(state, view, machine, nowMs) : [])];
  }
}
