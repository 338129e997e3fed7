/** Whether the training is over, and how: by its own end, by a cap, by the user, by what nobody can mend from here. */
import { capText, leftS } from './cost.ts';
import { chooseOffer } from './offers.ts';
import type { Outcome } from './plan.ts';
import { type AttemptRecord, currentMachine, type SupervisorState } from './state.ts';
import type { View } from './view.ts';

/** Of train.py: its input is wrong, and will be the next time. */
const BAD_INPUT = 2;

/** Null: it goes on. */
export function outcomeNow(state: SupervisorState, view: View, nowMs: number): Outcome | null {
  if (view.isSuperseded)
    return {
      kind: 'failed',
      reason: 'another supervisor launched a newer attempt; the run and its machine are left to it',
    };
  if (view.isStopAsked) return { kind: 'interrupted', reason: 'it was interrupted here' };
  const ended = attemptOutcome(state, view);
  if (ended !== null) return ended;
  if (view.fatal !== null) return { kind: 'failed', reason: view.fatal };
  const { timing } = state.plan;
  if (leftS(state, nowMs) <= timing.windDownS) return { kind: 'capped', reason: capText(state, nowMs) };
  const machine = currentMachine(state);
  const isOff = machine?.origin === 'found' && machine.power === 'off';
  const toStartS = timing.windDownS + timing.leastUsefulS;
  if (isOff && leftS(state, nowMs, machine.offer.pricePerHourUsd ?? 0) < toStartS)
    return { kind: 'capped', reason: capReason(state) };
  if (machine !== null || view.offers === null || view.sweptAtMs === null) return null;
  if (state.plan.existing !== null && !state.plan.rentElsewhere) return null;
  const choice = chooseOffer(state, view.offers, nowMs);
  if ('never' in choice) return { kind: 'failed', reason: choice.never };
  if ('capped' in choice) return { kind: 'capped', reason: capReason(state) };
  return null;
}

const capReason = (state: SupervisorState): string => {
  const cost = state.plan.maxCostUsd === null ? '' : ` or --max-cost ${state.plan.maxCostUsd}`;
  return `what --max-hours ${state.plan.maxHours}${cost} leaves is too little for another machine to be of use`;
};

function attemptOutcome(state: SupervisorState, view: View): Outcome | null {
  const { attempt, plan } = state;
  const { fruitlessAttempts } = plan.timing;
  if (attempt === null && state.fruitless >= fruitlessAttempts)
    return {
      kind: 'failed',
      reason: `${state.fruitless} machines in a row could not be used: ${trouble(view)}`,
    };
  if (attempt === null || attempt.end === null || attempt.endedAtMs === null) return null;
  const hasRead = view.checkpoints !== null && view.checkpointsAtMs > attempt.endedAtMs;
  if (attempt.end === 'exit' && attempt.exitCode === BAD_INPUT)
    return failed(
      attempt.failure === null
        ? 'the trainer refused its input (exit code 2); the log says why'
        : `the trainer refused its input: ${attempt.failure.message}`,
      attempt,
    );
  if (attempt.end === 'exit' && attempt.exitCode === 0) {
    const newest = hasRead ? (view.checkpoints!.at(-1)?.step ?? -1) : -1;
    if (newest >= attempt.step)
      return { kind: 'succeeded', reason: `${attempt.step} steps, the last checkpoint is in storage` };
    return null;
  }
  if (state.fruitless >= fruitlessAttempts && hasRead)
    return failed(
      `${state.fruitless} attempts in a row ended without a new checkpoint, the last ${endText(attempt, view)}`,
      attempt,
    );
  return null;
}

const failed = (reason: string, { failure }: AttemptRecord): Outcome => ({
  ...{ kind: 'failed', reason },
  ...(failure === null ? {} : { failure }),
});

const trouble = (view: View): string => view.retries.troubles()[0] ?? 'no reason is known';

function endText({ end, exitCode, failure }: AttemptRecord, view: View): string {
  const fault = view.machine.status?.uploadFault;
  switch (end) {
    case 'exit':
      return `with exit code ${exitCode}${failure === null ? '' : ` (${failure.message})`}`;
    case 'unpublished':
      return `because its last checkpoint did not reach storage${fault ? `: ${fault}` : ''}`;
    case 'hung':
      return 'because no step was made any more';
    case 'silent':
      return 'because its agent fell silent';
    default:
      return 'with its machine';
  }
}
