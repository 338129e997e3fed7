/** What a loop says on stderr: a line when a stage begins, with an estimate, and one when it ends. Pure. */
import { formatCount, formatDuration, percent } from '../runtime/figures.ts';
import { stageCostS, unitsOf } from './costs.ts';
import { trainsElsewhere } from './elsewhere.ts';
import type { DataFacts, FactsOf, RolloutFacts, StageKind, StageRequest } from './stages.ts';
import { type LoopState, type StageRecord, secondsOf } from './state.ts';

export function beginLine(state: LoopState, request: StageRequest, beside: boolean): string {
  const { kind, round } = request;
  const units = unitsOf(state, kind, round);
  const about = beside
    ? 'on idle cores'
    : `about ${formatDuration(stageCostS(state, { id: '', kind, units }))}`;
  return `round ${round}, ${kind}: ${taskText(state, request)}; ${about}`;
}

function taskText({ content, machine }: LoopState, request: StageRequest): string {
  switch (request.kind) {
    case 'measure':
      return 'how long a step takes here';
    case 'fresh':
      return `${formatCount(request.episodes)} episodes (${content.mode})`;
    case 'aim':
      return `${formatCount(content.aimEpisodes)} rollouts to find failures to aim at`;
    case 'corrections':
      return `${formatCount(request.episodes)} episodes around the failures, the expert corrects`;
    case 'merge':
      return `${request.parts.length} datasets`;
    case 'train': {
      const from = request.initFrom === null ? 'from scratch' : `from ${request.initFrom}`;
      const again = request.attempt > 1 ? `, attempt ${request.attempt}` : '';
      const where = trainsElsewhere(machine) ? `, on another machine (${machine.provider})` : '';
      return `${formatCount(request.steps)} steps ${from}, learning rate ${request.lr}${again}${where}`;
    }
    case 'judge':
      return `${formatCount(content.heldOutEpisodes)} held-out rollouts`;
    case 'confirm':
      return `the policy of round ${request.round} on ${formatCount(content.finalEpisodes)} starts that chose nothing`;
  }
}

export function endLine(record: StageRecord): string {
  const { request, status, message } = record;
  const took = formatDuration(secondsOf(record));
  const subject = `round ${request.round}, ${request.kind}`;
  if (status === 'unusable')
    return `${subject}: ${request.kind === 'train' ? 'diverged' : 'left out'} after ${took}: ${message}`;
  return `${subject}: ${resultText(request.kind, record.facts)} in ${took}`;
}

function resultText(kind: StageKind, facts: unknown): string {
  switch (kind) {
    case 'measure': {
      const { stepsPerS } = facts as FactsOf<'measure'>;
      return stepsPerS === null ? 'over too soon to measure' : `${stepsPerS.toPrecision(3)} steps/s`;
    }
    case 'fresh':
    case 'corrections':
    case 'merge': {
      const { episodes, frames } = facts as DataFacts;
      return `${formatCount(episodes)} episodes, ${formatCount(frames)} frames`;
    }
    case 'train': {
      const { steps, lossFirst, lossLast } = facts as FactsOf<'train'>;
      return `${formatCount(steps)} steps, loss ${lossText(lossFirst)} to ${lossText(lossLast)}`;
    }
    case 'aim':
    case 'judge':
    case 'confirm':
      return rateText(facts as RolloutFacts);
  }
}

const lossText = (loss: number | null): string => (loss === null ? '?' : loss.toPrecision(3));

export function rateText({
  successes,
  episodes,
  wilson: [low, high],
  errors,
  failures,
}: RolloutFacts): string {
  const [most] = Object.entries(failures).sort(([, a], [, b]) => b - a);
  return (
    `${successes} of ${episodes} succeeded (${percent(successes / Math.max(1, episodes))}, 95 % interval ${percent(low)} to ${percent(high)})` +
    (most ? `, most failures ${most[0]} (${most[1]})` : '') +
    (errors > 0 ? `, ${errors} ended in an error` : '')
  );
}
