/** On a machine that runs: prepare it, launch the trainer, watch it, launch it again. */
import { type Candidate, noteExit } from './intent.ts';
import type { AttemptRecord, MachineRecord, SupervisorState } from './state.ts';
import type { View } from './view.ts';

/** A list of checkpoints this old does not decide where to go on. */
const FRESH_MS = 60_000;
/** Storage that lists less than it did is asked again for so long. */
const LESS_MS = 5 * 60_000;
/** What a trainer that was ended had on its disk may go to storage for so long before the next one begins. */
const LAST_UPLOAD_MS = 120_000;
/** Then it is the machine. About ten minutes. */
const MOST_TRIES = 9;
const RELAUNCH_S = 30;
const LONGEST_RELAUNCH_S = 600;

export function trainingCandidates(
  state: SupervisorState,
  view: View,
  machine: MachineRecord,
  nowMs: number,
): Candidate[] {
  const { timing } = state.plan;
  const sees = view.machine;
  const { attempt } = state;
  if (sees.unreachableSinceMs !== null && nowMs - sees.unreachableSinceMs > timing.unreachableS * 1000)
    return [{ intent: { do: 'retire', machine, why: 'unreachable' }, dueMs: 0 }];
  const observe: Candidate = {
    intent: { do: 'observe', machine, keep: true },
    dueMs: Math.max(
      sees.observedAtMs === null ? 0 : sees.observedAtMs + timing.observeS * 1000,
      view.retries.untilMs('observe'),
    ),
  };
  const checkpoints: Candidate = {
    intent: { do: 'read-checkpoints' },
    dueMs: Math.max(view.checkpointsAtMs + timing.checkpointsS * 1000, view.retries.untilMs('checkpoints')),
  };
  if (!machine.prepared) return [...preparing(view, machine, timing.prepareS, nowMs), observe];
  if (attempt === null || attempt.machine !== machine.name)
    return [...launching(state, view, machine, nowMs), observe];
  if (attempt.end === 'exit' && attempt.exitCode === 0) {
    const isLate = nowMs - (attempt.endedAtMs ?? nowMs) > timing.publishS * 1000;
    // `outcomeNow` has seen that it is not there. The next attempt makes no step, and publishes it.
    const hasRead = view.checkpointsAtMs > (attempt.endedAtMs ?? 0);
    if (isLate && hasRead) return [{ intent: { do: 'note-unpublished' }, dueMs: 0 }];
    const dueMs = Math.max(view.checkpointsAtMs + 15_000, view.retries.untilMs('checkpoints'));
    return [observe, { ...checkpoints, dueMs }];
  }
  if (attempt.end !== null) return [...launching(state, view, machine, nowMs), observe];
  if (!attempt.launched) return [launchAgain(view, machine, attempt), observe];
  return [...watching(state, view, machine, attempt), observe, checkpoints];
}

function preparing(view: View, machine: MachineRecord, prepareS: number, nowMs: number): Candidate[] {
  if (view.job === null)
    return [{ intent: { do: 'prepare', machine }, dueMs: view.retries.untilMs('prepare') }];
  const isLate = nowMs - view.job.sinceMs > prepareS * 1000;
  return isLate ? [{ intent: { do: 'retire', machine, why: 'setup' }, dueMs: 0 }] : [];
}

/** From the newest checkpoint that is whole now, not from the newest that was. */
function launching(state: SupervisorState, view: View, machine: MachineRecord, nowMs: number): Candidate[] {
  const { attempt } = state;
  const endedAtMs = attempt?.endedAtMs ?? 0;
  const { status } = view.machine;
  const mayUpload =
    attempt?.machine === machine.name && status?.attempt === attempt.number && status.state !== 'ended';
  if (mayUpload && nowMs - endedAtMs < LAST_UPLOAD_MS) return [];
  // What ran there before may be of another journal: a run that was begun on another machine and goes on from here.
  if (view.machine.seenAtMs === null) return [];
  if (isStuck(view, 'launch')) return [{ intent: { do: 'retire', machine, why: 'setup' }, dueMs: 0 }];
  const mayListOld = nowMs - view.checkpointsAtMs > FRESH_MS || view.checkpointsAtMs <= endedAtMs;
  const listsLess = view.listsLessSinceMs !== null && nowMs - view.listsLessSinceMs < LESS_MS;
  if (view.checkpoints === null || mayListOld || listsLess) {
    const dueMs = view.retries.untilMs('checkpoints');
    const againMs = listsLess && !mayListOld ? view.checkpointsAtMs + 15_000 : 0;
    return [{ intent: { do: 'read-checkpoints' }, dueMs: Math.max(dueMs, againMs) }];
  }
  const pauseS =
    state.fruitless === 0 ? 0 : Math.min(RELAUNCH_S * 2 ** (state.fruitless - 1), LONGEST_RELAUNCH_S);
  const resumeStep = view.checkpoints.at(-1)?.step ?? null;
  return [
    {
      intent: {
        do: 'launch',
        machine,
        attempt: Math.max(attempt?.number ?? 0, status?.attempt ?? 0) + 1,
        resumeStep,
      },
      dueMs: Math.max(endedAtMs + pauseS * 1000, view.retries.untilMs('launch')),
    },
  ];
}

const isStuck = (view: View, key: 'launch' | 'kill'): boolean =>
  (view.retries.get(key)?.failures ?? 0) >= MOST_TRIES;

/** Announced, and no answer known: the host makes one start of both. */
function launchAgain(view: View, machine: MachineRecord, attempt: AttemptRecord): Candidate {
  const { number, resumeStep } = attempt;
  if (isStuck(view, 'launch')) return { intent: { do: 'retire', machine, why: 'setup' }, dueMs: 0 };
  return {
    intent: { do: 'launch', machine, attempt: number, resumeStep },
    dueMs: view.retries.untilMs('launch'),
  };
}

/** What the agent's status says of the attempt, and what it does not say any more. */
function watching(
  state: SupervisorState,
  view: View,
  machine: MachineRecord,
  attempt: AttemptRecord,
): Candidate[] {
  const { timing } = state.plan;
  const { status, seenAtMs } = view.machine;
  const seenMs = seenAtMs ?? 0;
  const sequenceAtMs = view.machine.sequenceAtMs ?? seenMs;
  const stepAtMs = view.machine.stepAtMs ?? seenMs;
  const dueMs = view.retries.untilMs('kill');
  if (status === null || status.attempt !== attempt.number) {
    // Launched, says the journal, and the host knows nothing of it.
    const isLost = seenMs - sequenceAtMs > timing.silentAgentS * 1000;
    return isLost
      ? [{ intent: { do: 'note-end', end: 'silent', exitCode: null, step: attempt.step }, dueMs: 0 }]
      : [];
  }
  const { step } = status;
  if (status.state === 'ended') return [{ intent: noteExit(status), dueMs: 0 }];
  if (isStuck(view, 'kill')) return [{ intent: { do: 'retire', machine, why: 'unreachable' }, dueMs: 0 }];
  const endTrainer = (end: 'hung' | 'silent'): Candidate[] => [
    { intent: { do: 'end-trainer', machine, end, step }, dueMs },
  ];
  const silentS = status.state === 'setting-up' ? timing.firstStepS : timing.silentAgentS;
  if (seenMs - sequenceAtMs > silentS * 1000) return endTrainer('silent');
  const limitS = status.steppedAtMs === null ? timing.firstStepS : timing.hangS;
  if (seenMs - stepAtMs > limitS * 1000) return endTrainer('hung');
  return [];
}
