/** What the students of a run did before the expert took over. Pure. */

import { HANDOVERS, type Handover } from '../../sim/engine/handover.ts';
import type { KeptEpisode } from '../messages.ts';
import { bugLines } from './expert-bugs.ts';

interface DaggerFailure {
  scenario: string;
  slot: number;
  attempt: number;
  detail: string;
  kind?: string;
}

export interface DaggerCounts {
  /** Kept episodes by what ended the student's drive. */
  handovers: Partial<Record<Handover, number>>;
  /** Kept episodes by the label that they were aimed at; `ordinary` for the others. */
  aimed: Record<string, number>;
  /** Frames that were driven on the way to them and are not stored. */
  driven_frames: { student: number; expert: number };
  /** How often the policy was asked. */
  queries: number;
  /** States of a student that the expert did not solve, each with the command that drives there again. */
  expert_bugs: { scenario: string; slot: number; attempt: number; detail: string; command: string }[];
}

/**
 * Undefined where no student drove.
 * @param command the run's, as typed
 */
export function countDagger(
  kept: Iterable<KeptEpisode>,
  failures: readonly DaggerFailure[],
  command: string,
): DaggerCounts | undefined {
  const notes = [...kept].flatMap(({ dagger }) => (dagger ? [dagger] : []));
  if (notes.length === 0) return undefined;
  const count = (pick: (note: (typeof notes)[number]) => boolean): number => notes.filter(pick).length;
  const labels = [...new Set(notes.map(({ aimed }) => aimed ?? 'ordinary'))].sort();
  const sum = (pick: (note: (typeof notes)[number]) => number): number =>
    notes.reduce((total, note) => total + pick(note), 0);
  return {
    handovers: Object.fromEntries(
      HANDOVERS.map((handover) => [handover, count((note) => note.handover === handover)] as const).filter(
        ([, episodes]) => episodes > 0,
      ),
    ),
    aimed: Object.fromEntries(
      labels.map((label) => [label, count(({ aimed }) => (aimed ?? 'ordinary') === label)]),
    ),
    driven_frames: {
      student: sum(({ driven }) => driven.student),
      expert: sum(({ driven }) => driven.expert),
    },
    queries: sum(({ queries }) => queries),
    expert_bugs: failures
      .filter(({ kind }) => kind === 'dagger')
      .map(({ scenario, slot, attempt, detail }) => {
        const again = `${command} --attempt ${scenario}/${slot}/${attempt}`;
        return { scenario, slot, attempt, detail, command: again };
      }),
  };
}

/** For people. */
export function daggerLines(counts: DaggerCounts): string[] {
  const { handovers, aimed, driven_frames, queries, expert_bugs } = counts;
  const list = (counts: Record<string, number>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  const { student, expert } = driven_frames;
  return [
    `hand-overs: ${list(handovers)}`,
    `driven on the way, not stored: student ${student} frames (asked ${queries} times), expert ${expert}`,
    ...(Object.keys(aimed).some((label) => label !== 'ordinary') ? [`aimed at: ${list(aimed)}`] : []),
    ...bugLines(
      expert_bugs,
      (count) => `the expert did not solve ${count} of a student's states; to see it again:`,
    ),
  ];
}
