/** What a loop does next: a function of its state and of the time it has used. Pure. */
import { formatDuration, percent } from '../runtime/figures.ts';
import { type Planned, restOfRoundS, stageCostS, unitsOf } from './costs.ts';
import { bestOf, ruledOutGain } from './improvement.ts';
import {
  confirmStage,
  freshStage,
  isMeasured,
  judgedRounds,
  plannedRound,
  roundStages,
} from './round-stages.ts';
import { DIVERGENCE } from './settings.ts';
import type { StageRequest } from './stages.ts';
import { doneStages, type LoopState, recordOf, type StopReason } from './state.ts';

export interface Ending {
  reason: StopReason;
  sentence: string;
}

export interface Decision {
  /** What should run now; those that are begun already are to be gone on with. Empty: the loop is over. */
  stages: { request: StageRequest; beside: boolean }[];
  /** Set as soon as no further round will be begun. */
  ending: Ending | null;
}

export function nextStages(state: LoopState, elapsedS: number): Decision {
  const judged = judgedRounds(state);
  const ending = state.ending ?? endingByResults(state);
  if (ending) return { stages: lastStage(state), ending };
  const round = judged.length;
  const next = firstNotDone(state, round);
  if (!next) return { stages: lastStage(state), ending: diverged(state, round) };
  const short = recordOf(state, next.id) ? null : budgetEnding(state, round, elapsedS);
  if (short) return { stages: lastStage(state), ending: short };
  const stages = [{ request: next, beside: false }];
  const ahead = dataAhead(state, round, next, elapsedS);
  if (ahead) stages.push({ request: ahead, beside: true });
  return { stages, ending: null };
}

function firstNotDone(state: LoopState, round: number): StageRequest | undefined {
  for (const request of roundStages(state, round)) {
    const status = recordOf(state, request.id)?.status;
    if (status !== 'done' && status !== 'unusable') return request;
  }
  return undefined;
}

/** Fresh data of the next round needs no policy: it is made on the cores that a training leaves idle. */
function dataAhead(
  state: LoopState,
  round: number,
  next: StageRequest,
  elapsedS: number,
): StageRequest | undefined {
  const { machine, limits } = state;
  if (!machine.overlap || round + 1 >= limits.rounds) return undefined;
  const ahead = freshStage(state, round + 1);
  const record = recordOf(state, ahead.id);
  if (record?.status === 'done') return undefined;
  if (record) return ahead;
  if (next.kind !== 'train') return undefined;
  const needed =
    restOfRoundS(state, plannedRound(state, round)).totalS +
    restOfRoundS(state, plannedRound(state, round + 1)).totalS;
  return limits.budgetS === null || elapsedS + needed + finalS(state) <= limits.budgetS ? ahead : undefined;
}

/** What the rollouts on the held-out conditions say about going on. */
function endingByResults(state: LoopState): Ending | null {
  const { limits } = state;
  const judged = judgedRounds(state);
  const best = bestOf(judged);
  if (!best) return null;
  const { successes, episodes, wilson } = best.facts;
  if (limits.target !== null && wilson[0] >= limits.target)
    return {
      reason: 'target',
      sentence: `round ${best.round} succeeded in ${successes} of ${episodes} held-out rollouts: with 95 % confidence at least ${percent(wilson[0])}, the target was ${percent(limits.target)}`,
    };
  const most = ruledOutGain(judged, limits.marginPoints);
  if (most !== undefined)
    return {
      reason: 'no improvement',
      sentence: `since round ${best.round} no improvement is shown: a gain of more than ${(100 * most).toFixed(1)} points is ruled out, ${limits.marginPoints} were asked for`,
    };
  if (judged.length >= limits.rounds)
    return { reason: 'rounds', sentence: `${judged.length} rounds, as many as were asked for` };
  return null;
}

function diverged(state: LoopState, round: number): Ending {
  const last = state.stages.findLast(
    ({ status, request }) => status === 'unusable' && request.kind === 'train',
  );
  const best = bestOf(judgedRounds(state));
  const kept = best ? `the policy of round ${best.round} is kept` : 'there was no policy yet';
  return {
    reason: 'diverged',
    sentence:
      `the training of round ${round} diverged ${DIVERGENCE.attempts} times, each with a smaller learning rate; ${kept}. ${last?.message ?? ''}`.trim(),
  };
}

/** Whether the time of the first training is known: by a measurement, or because it is over. */
function isRoundMeasured(state: LoopState): boolean {
  return doneStages(state, isMeasured(state) ? 'measure' : 'train').length > 0;
}

function budgetEnding(state: LoopState, round: number, elapsedS: number): Ending | null {
  const { budgetS } = state.limits;
  // Until a step of training has been measured, an estimate is worth too little to end on.
  if (budgetS === null || (round === 0 && !isRoundMeasured(state))) return null;
  const { totalS, byKind } = restOfRoundS(state, plannedRound(state, round));
  const last = judgedRounds(state).length > 0 ? finalS(state) : 0;
  if (elapsedS + totalS + last <= budgetS) return null;
  const parts = [...byKind].map(([kind, s]) => `${kind} ${formatDuration(s)}`).join(', ');
  const left = formatDuration(Math.max(0, budgetS - elapsedS));
  const needs = `what is left of round ${round} takes about ${formatDuration(totalS)} (${parts})`;
  const final = last > 0 ? ` and the final rollouts ${formatDuration(last)}` : '';
  return {
    reason: 'budget',
    sentence: `of the budget of ${formatDuration(budgetS)} ${left} are left; ${needs}${final}`,
  };
}

/** The rollouts of the best are part of the budget. */
function finalS(state: LoopState): number {
  const units = unitsOf(state, 'confirm', 0);
  return units === 0 ? 0 : stageCostS(state, { id: '', kind: 'confirm', units });
}

function lastStage(state: LoopState): Decision['stages'] {
  const best = bestOf(judgedRounds(state));
  if (!best || state.content.finalEpisodes === 0) return [];
  const request = confirmStage(state, best.round);
  return recordOf(state, request.id)?.status === 'done' ? [] : [{ request, beside: false }];
}

/** A whole first round, in seconds, by what is known; for the beginning. */
export function firstRoundCost(state: LoopState): { totalS: number; parts: [string, number][] } {
  const planned: Planned[] = plannedRound(state, 0);
  const { totalS, byKind } = restOfRoundS(state, planned);
  return { totalS, parts: [...byKind] };
}
