/** What a loop ends with: the JSON line that scripts read, and the lines that people read. Pure. */
import { formatDuration } from '../runtime/figures.ts';
import { bestOf } from './improvement.ts';
import { overlapFigures } from './overlap.ts';
import { rateText } from './progress-lines.ts';
import { judgedRounds } from './round-stages.ts';
import type { RolloutFacts } from './stages.ts';
import { doneStages, type LoopState, type StopReason } from './state.ts';

interface Rate {
  round: number;
  success_rate: number;
  wilson: [number, number];
  episodes: number;
}

/** Names that scripts rely on. */
export interface LoopSummary {
  /** Rounds with rollouts on the held-out conditions. */
  rounds: number;
  /** On the held-out conditions, which chose it: a little too high on average. */
  best: Rate | null;
  /** The best on conditions that chose nothing: the figure to quote. */
  final: Rate | null;
  stopped: StopReason | null;
  /** Of active time. */
  wall_s: number;
  /** Active time until the first held-out rollouts were done. */
  first_result_s: number | null;
  /** Of the core-seconds that trainings alone would have left idle; null where they could not be measured. */
  idle_removed: number | null;
  policy: string | null;
  page: string;
}

export function loopSummary(state: LoopState, paths: { policy: string; page: string }): LoopSummary {
  const judged = judgedRounds(state);
  const best = bestOf(judged);
  const confirmed = best && doneStages(state, 'confirm').find(({ request }) => request.round === best.round);
  return {
    rounds: judged.length,
    best: best ? rate(best.round, best.facts) : null,
    final: confirmed ? rate(best.round, confirmed.facts) : null,
    stopped: state.ending?.reason ?? null,
    wall_s: Math.round(state.elapsedS * 10) / 10,
    first_result_s: judged[0]?.record.spans.at(-1)?.toS ?? null,
    idle_removed: overlapFigures(state).removedShare,
    policy: best ? paths.policy : null,
    page: paths.page,
  };
}

const rate = (round: number, { successes, episodes, wilson }: RolloutFacts): Rate => ({
  round,
  success_rate: successes / Math.max(1, episodes),
  wilson,
  episodes,
});

export function summaryText(state: LoopState, paths: { policy: string; page: string }): string {
  const judged = judgedRounds(state);
  const best = bestOf(judged);
  const overlap = overlapFigures(state);
  const confirmed = best && doneStages(state, 'confirm').find(({ request }) => request.round === best.round);
  return [
    `${judged.length} rounds in ${formatDuration(state.elapsedS)}${state.ending ? `; ${state.ending.sentence}` : ''}`,
    ...(best ? [`best, round ${best.round}: ${rateText(best.facts)}; ${paths.policy}`] : []),
    ...(confirmed ? [`on starts that chose nothing: ${rateText(confirmed.facts)}`] : []),
    ...(overlap.removedShare === null
      ? []
      : [
          `${(100 * overlap.removedShare).toFixed(0)} % of the core time that trainings left idle was used for the next round's data`,
        ]),
    `page: ${paths.page}`,
  ].join('\n');
}
