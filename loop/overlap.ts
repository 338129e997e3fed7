/** How busy the cores were, by stage, and what making data beside trainings saved. Pure. */
import type { StageKind } from './stages.ts';
import { type LoopState, type StageRecord, secondsOf } from './state.ts';

export interface StageTime {
  kind: StageKind;
  beside: boolean;
  wallS: number;
  /** null where it could not be measured. */
  cpuS: number | null;
}

export interface OverlapFigures {
  /** Wall time of all trainings. */
  trainingS: number;
  /** Core-seconds that trainings alone would have left idle. */
  idleAloneS: number | null;
  /** Of them, used by what ran beside. */
  usedBesideS: number | null;
  /** usedBesideS / idleAloneS; null where cores were not measured, or there was nothing to use. */
  removedShare: number | null;
  /** Of the loop's whole active time on all cores: share in which its own processes kept them busy. */
  busyShare: number | null;
}

/**
 * What a training alone would have left idle is what was idle beside it and what the data made meanwhile used: on a
 * machine that others use, too, their time counts for neither.
 */
export function overlapFigures(state: LoopState): OverlapFigures {
  const trainings = state.stages.filter(({ request }) => request.kind === 'train');
  const trainingS = sum(trainings.map(secondsOf));
  const { cores } = state.machine;
  if (!state.stages.some(({ cpuS }) => cpuS !== null))
    return { trainingS, idleAloneS: null, usedBesideS: null, removedShare: null, busyShare: null };
  const usedBesideS = sum(
    state.stages
      .filter(({ beside }) => beside)
      .map((record) => shareBeside(record, trainings) * (record.cpuS ?? 0)),
  );
  const idleAloneS = usedBesideS + sum(trainings.map(({ idleS }) => idleS ?? 0));
  const busyS = sum(state.stages.map(({ cpuS }) => cpuS ?? 0));
  return {
    trainingS,
    idleAloneS,
    usedBesideS,
    removedShare: idleAloneS > 0 ? usedBesideS / idleAloneS : null,
    busyShare: state.elapsedS > 0 ? busyS / (cores * state.elapsedS) : null,
  };
}

/** Share of a stage's time that lay within a training. */
function shareBeside(record: StageRecord, trainings: readonly StageRecord[]): number {
  const all = secondsOf(record);
  if (all === 0) return 0;
  const common = record.spans.flatMap((a) =>
    trainings.flatMap(({ spans }) =>
      spans.map((b) =>
        Math.max(0, Math.min(a.toS ?? a.fromS, b.toS ?? b.fromS) - Math.max(a.fromS, b.fromS)),
      ),
    ),
  );
  return Math.min(1, sum(common) / all);
}

/** Wall and core seconds by kind of stage, those beside trainings apart; in the order of first appearance. */
export function timeByStage(state: LoopState, round?: number): StageTime[] {
  const times = new Map<string, StageTime>();
  for (const record of state.stages) {
    const { request, beside, cpuS } = record;
    if (round !== undefined && request.round !== round) continue;
    const key = `${request.kind} ${beside}`;
    const time = times.get(key) ?? { kind: request.kind, beside, wallS: 0, cpuS: null };
    time.wallS += secondsOf(record);
    if (cpuS !== null) time.cpuS = (time.cpuS ?? 0) + cpuS;
    times.set(key, time);
  }
  return [...times.values()];
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
