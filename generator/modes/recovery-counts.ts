/** What the expert recovered from, and what it did not: its bugs. Pure. */
import { shellLine } from '../../runtime/shell-line.ts';
import type { FailedAttempt } from '../episode.ts';
import type { KeptEpisode } from '../messages.ts';
import type { ContentSettings } from '../settings.ts';
import { bugLines } from './expert-bugs.ts';

export interface RecoveryCounts {
  /** Attempts by kind of disturbance. */
  by_disturbance: Record<string, { solved: number; unsolved: number }>;
  /** What the expert did not recover from, each with the command that tries it again. */
  expert_bugs: {
    scenario: string;
    slot: number;
    attempt: number;
    disturbance: string;
    detail: string;
    command: string;
  }[];
}

/** Undefined where nothing was disturbed. */
export function countRecoveries(
  kept: Iterable<KeptEpisode>,
  failures: readonly FailedAttempt[],
  content: ContentSettings,
): RecoveryCounts | undefined {
  const solved = [...kept].flatMap(({ disturbance }) => (disturbance ? [disturbance] : []));
  const bugs = failures.flatMap((failure) =>
    failure.disturbance ? [{ ...failure, disturbance: failure.disturbance }] : [],
  );
  const kinds = [...new Set([...solved, ...bugs.map(({ disturbance }) => disturbance)])].sort();
  if (kinds.length === 0) return undefined;
  return {
    by_disturbance: Object.fromEntries(
      kinds.map((kind) => [
        kind,
        {
          solved: solved.filter((name) => name === kind).length,
          unsolved: bugs.filter(({ disturbance }) => disturbance === kind).length,
        },
      ]),
    ),
    expert_bugs: bugs.map((failure) => {
      const { scenario, slot, attempt, disturbance, detail } = failure;
      return { scenario, slot, attempt, disturbance, detail, command: againCommand(failure, content) };
    }),
  };
}

/** Draws follow from seed, scenario, slot and attempt, not from the shares of a mixture. */
function againCommand(
  { scenario, slot, attempt }: FailedAttempt,
  { scenarios, seed, fps, state }: ContentSettings,
): string {
  const isFile = /[/.]/.test(scenarios);
  return shellLine([
    ...['brickyard', 'gen', '--attempt', `${scenario}/${slot}/${attempt}`, '--mode', 'recovery'],
    ...(isFile ? ['--scenarios', scenarios] : []),
    ...['--seed', `${seed}`, '--fps', `${fps}`, '--state', state],
  ]);
}

/** For people. */
export function recoveryLines({ by_disturbance, expert_bugs }: RecoveryCounts): string[] {
  const kinds = Object.entries(by_disturbance).map(
    ([kind, { solved, unsolved }]) => `${kind} ${solved} of ${solved + unsolved}`,
  );
  return [
    `recovered from: ${kinds.join(', ')}`,
    ...bugLines(expert_bugs, (count) => `the expert did not recover ${count} times; to see it again:`),
  ];
}
