/** The stages of a round, in order, as far as what is known allows to name them. Pure. */
import { type Planned, unitsOf } from './costs.ts';
import { trainsElsewhere } from './elsewhere.ts';
import { warmRound } from './improvement.ts';
import { DIVERGENCE } from './settings.ts';
import type { RequestOf, StageKind, StageRequest } from './stages.ts';
import { doneStages, type LoopState, recordOf } from './state.ts';

/** Seeds of a loop never meet: each purpose has its own residue. */
const PURPOSES = ['fresh', 'corrections', 'aim', 'train', 'judge', 'confirm'] as const;
const SEEDS_A_ROUND = 8;
const ROUNDS_A_SEED = 1000;
export const MAX_ROUNDS = ROUNDS_A_SEED;
export const MAX_SEED = Math.floor((2 ** 31 - 1) / (SEEDS_A_ROUND * ROUNDS_A_SEED)) - 1;

function seedFor(state: LoopState, purpose: (typeof PURPOSES)[number], round: number): number {
  return (state.content.seed * ROUNDS_A_SEED + round) * SEEDS_A_ROUND + PURPOSES.indexOf(purpose);
}

const two = (round: number): string => String(round).padStart(2, '0');
export const roundFolder = (round: number): string => `rounds/${two(round)}`;
const stageId = (kind: StageKind, round: number): string => `${two(round)}/${kind}`;

export function freshStage(state: LoopState, round: number): RequestOf<'fresh'> {
  const episodes = unitsOf(state, 'fresh', round);
  const out = `${roundFolder(round)}/data/fresh`;
  const seed = seedFor(state, 'fresh', round);
  return { kind: 'fresh', id: stageId('fresh', round), round, out, episodes, seed };
}

/** Some forty steps are tried: of a short training they would be a good part. */
const MEASURED_FROM_STEPS = 500;

/** Whether a step's time is measured before round 0 trains: a budget needs it. Elsewhere the first training tells. */
export const isMeasured = ({ limits, content, machine }: LoopState): boolean =>
  limits.budgetS !== null && content.firstSteps >= MEASURED_FROM_STEPS && !trainsElsewhere(machine);

/** What a round is expected to need, for its cost. */
export function plannedRound(state: LoopState, round: number): Planned[] {
  const { corrections } = state.content;
  const list: [StageKind, number][] = [];
  if (round === 0 && isMeasured(state)) list.push(['measure', 0]);
  if (round > 0 && corrections > 0) list.push(['aim', round - 1], ['corrections', round]);
  // Beside the training before: its time is not waited for.
  if (round === 0 || !state.machine.overlap) list.push(['fresh', round]);
  if (round > 0) list.push(['merge', round]);
  list.push(['train', round], ['judge', round]);
  return list.map(([kind, of]) => ({ id: stageId(kind, of), kind, units: unitsOf(state, kind, of) }));
}

/**
 * The stages of a round one after the other. A stage can be named once those before it are done; whoever iterates
 * stops at the first that is not.
 */
export function* roundStages(state: LoopState, round: number): Generator<StageRequest> {
  const { content } = state;
  const folder = roundFolder(round);
  if (round > 0 && content.corrections > 0) {
    const policy = warmPolicy(state);
    const aimed = `${roundFolder(round - 1)}/rollouts/aim`;
    const seed = seedFor(state, 'aim', round - 1);
    yield { kind: 'aim', id: stageId('aim', round - 1), round: round - 1, out: aimed, policy, seed };
    yield {
      ...{ kind: 'corrections', id: stageId('corrections', round), round, policy },
      out: `${folder}/data/corrections`,
      episodes: content.corrections,
      seed: seedFor(state, 'corrections', round),
      report: hasFailures(state, round - 1) ? `${aimed}/results.jsonl` : null,
    };
  }
  const fresh = freshStage(state, round);
  yield fresh;
  let dataset = fresh.out;
  if (round > 0) {
    dataset = `${folder}/data/all`;
    yield { kind: 'merge', id: stageId('merge', round), round, out: dataset, ...dataUpTo(state, round) };
  }
  if (round === 0 && isMeasured(state) && !recordOf(state, stageId('train', 0)))
    yield { kind: 'measure', id: stageId('measure', 0), round, dataset, steps: content.firstSteps };
  yield* trainings(state, round, dataset);
  const policy = policyOf(state, round);
  if (policy === undefined) return;
  const seed = seedFor(state, 'judge', 0);
  yield {
    kind: 'judge',
    id: stageId('judge', round),
    round,
    out: `${folder}/rollouts/held-out`,
    policy,
    seed,
  };
}

/** Whether the rollouts that aim a round's corrections found anything to aim at. */
function hasFailures(state: LoopState, round: number): boolean {
  const aimed = doneStages(state, 'aim').find(({ request }) => request.round === round);
  return aimed !== undefined && Object.keys(aimed.facts.failures).length > 0;
}

/** Everything made so far, never the corrections alone: what is not shown any more is forgotten. */
function dataUpTo(state: LoopState, round: number): { parts: string[]; weights: number[] } {
  const { correctionWeight } = state.content;
  const parts = Array.from({ length: round + 1 }, (_, k) => [
    { part: freshStage(state, k).out, weight: 1 },
    ...(recordOf(state, stageId('corrections', k))?.status === 'done'
      ? [{ part: `${roundFolder(k)}/data/corrections`, weight: correctionWeight }]
      : []),
  ]).flat();
  return { parts: parts.map(({ part }) => part), weights: parts.map(({ weight }) => weight) };
}

/** A training, and after each that diverged one with a smaller learning rate, from the same start. */
function* trainings(state: LoopState, round: number, dataset: string): Generator<StageRequest> {
  const { lr, fineTuneLr, initFrom } = state.content;
  const warm = round === 0 ? undefined : warmRound(doneStages(state, 'judge').map(withRound));
  for (let attempt = 1; attempt <= DIVERGENCE.attempts; attempt++) {
    const id = attempt === 1 ? stageId('train', round) : `${stageId('train', round)}-${attempt}`;
    yield {
      ...{ kind: 'train', id, round, dataset, attempt },
      out: `${roundFolder(round)}/run${attempt === 1 ? '' : `-${attempt}`}`,
      steps: unitsOf(state, 'train', round),
      seed: seedFor(state, 'train', round),
      lr: Number(
        ((warm || initFrom ? fineTuneLr : lr) * DIVERGENCE.lrFactor ** (attempt - 1)).toPrecision(6),
      ),
      initFrom: warm ? trainingOf(state, warm.round)!.request.out : initFrom,
    };
    if (recordOf(state, id)?.status === 'done') return;
  }
}

/** A round's training that ended well. */
export function trainingOf(state: LoopState, round: number) {
  return doneStages(state, 'train').find(({ request }) => request.round === round);
}

export const policyOf = (state: LoopState, round: number): string | undefined =>
  trainingOf(state, round)?.facts.policy;

function warmPolicy(state: LoopState): string {
  return policyOf(state, warmRound(doneStages(state, 'judge').map(withRound))!.round)!;
}

/** Rounds that have rollouts on the held-out conditions. */
export const judgedRounds = (state: LoopState) => doneStages(state, 'judge').map(withRound);

const withRound = <T extends { request: { round: number } }>(stage: T) => ({
  ...stage,
  round: stage.request.round,
});

/** The last stage of all. A loop that goes on may have another best: its folder names the round. */
export function confirmStage(state: LoopState, best: number): RequestOf<'confirm'> {
  return {
    ...{ kind: 'confirm', id: stageId('confirm', best), round: best },
    out: `${roundFolder(best)}/rollouts/final`,
    policy: policyOf(state, best)!,
    seed: seedFor(state, 'confirm', 0),
  };
}
