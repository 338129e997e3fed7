/** How long stages take: as measured in this loop, else as measured elsewhere. Pure. */
import type { StageKind } from './stages.ts';
import { doneStages, type LoopState, recordOf, secondsOf } from './state.ts';

/** A stage to come, with what its time is proportional to. */
export interface Planned {
  id: string;
  kind: StageKind;
  /** Episodes, steps. */
  units: number;
}

/**
 * Core-seconds a unit, before this loop has measured any: two shared cores, all scenarios of the
 * default task. The easiest one takes a third of it.
 */
const CORE_S: Record<StageKind, number> = {
  measure: 0,
  fresh: 2,
  corrections: 6,
  aim: 3.5,
  judge: 3.5,
  confirm: 3.5,
  merge: 0.02,
  train: 0.25,
};
/** Python, its packages and a browser begin; validation, frames decoded. */
const START_S: Record<StageKind, number> = {
  measure: 30,
  fresh: 4,
  corrections: 6,
  aim: 4,
  judge: 4,
  confirm: 4,
  merge: 2,
  train: 40,
};
const ON_ALL_CORES: readonly StageKind[] = ['fresh', 'corrections', 'aim', 'judge', 'confirm'];
const ROLLOUTS: readonly StageKind[] = ['aim', 'judge', 'confirm'];

/** Seconds that a stage will take in turn, from the latest of its kind or from the constants above. */
export function stageCostS(state: LoopState, { kind, units }: Planned): number {
  const measured = measuredUnitS(state, kind);
  if (measured !== undefined) return measured * units;
  const parallel = ON_ALL_CORES.includes(kind) ? state.machine.cores : 1;
  if (kind === 'train') {
    const stepsPerS = doneStages(state, 'measure').at(-1)?.facts.stepsPerS;
    if (stepsPerS) return START_S.train + units / stepsPerS;
  }
  return START_S[kind] + (CORE_S[kind] * units * difficulty(state, kind)) / parallel;
}

/** How far this loop's episodes are from those the constants come from, by its own data. */
function difficulty(state: LoopState, kind: StageKind): number {
  if (!ON_ALL_CORES.includes(kind)) return 1;
  const freshUnitS = measuredUnitS(state, 'fresh');
  return freshUnitS === undefined ? 1 : (freshUnitS * state.machine.cores) / CORE_S.fresh;
}

function measuredUnitS(state: LoopState, kind: StageKind): number | undefined {
  const alike = ROLLOUTS.includes(kind) ? ROLLOUTS : [kind];
  const last = state.stages.findLast(
    ({ status, beside, request }) => status === 'done' && !beside && alike.includes(request.kind),
  );
  if (!last) return undefined;
  const units = unitsOf(state, last.request.kind, last.request.round);
  return units > 0 ? secondsOf(last) / units : undefined;
}

/** What the time of a round's stage is proportional to. */
export function unitsOf({ content }: LoopState, kind: StageKind, round: number): number {
  switch (kind) {
    case 'fresh':
      return round === 0 ? content.firstEpisodes : content.episodes;
    case 'corrections':
      return content.corrections;
    case 'merge':
      return content.firstEpisodes + round * (content.episodes + content.corrections);
    case 'train':
      return round === 0 ? content.firstSteps : content.steps;
    case 'aim':
      return content.aimEpisodes;
    case 'judge':
      return content.heldOutEpisodes;
    case 'confirm':
      return content.finalEpisodes;
    case 'measure':
      return 0;
  }
}

/** What is left of a round, by stage, in seconds; what runs beside a training costs nothing. */
export function restOfRoundS(
  state: LoopState,
  planned: readonly Planned[],
): { totalS: number; byKind: Map<StageKind, number> } {
  const byKind = new Map<StageKind, number>();
  for (const stage of planned) {
    const record = recordOf(state, stage.id);
    if (record?.status === 'done') continue;
    const spent = record ? secondsOf(record) : 0;
    byKind.set(stage.kind, (byKind.get(stage.kind) ?? 0) + Math.max(0, stageCostS(state, stage) - spent));
  }
  return { totalS: [...byKind.values()].reduce((sum, s) => sum + s, 0), byKind };
}
