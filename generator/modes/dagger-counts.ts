/** What the students of a run did before the expert took over. Pure. */
import type { KeptEpisode } from '../messages.ts';
import { HANDOVERS, type Handover } from './dagger-handover.ts';

export interface DaggerCounts {
  /** Kept episodes by what ended the student's drive. */
  handovers: Partial<Record<Handover, number>>;
  /** Kept episodes by the label that they were aimed at; `ordinary` for the others. */
  aimed: Record<string, number>;
  /** Frames that were driven on the way to them and are not stored. */
  driven_frames: { student: number; expert: number };
  /** How often the policy was asked. */
  queries: number;
}

/** Undefined where no student drove. */
export function countDagger(kept: Iterable<KeptEpisode>): DaggerCounts | undefined {
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
  };
}

/** For people. */
export function daggerLines({ handovers, aimed, driven_frames, queries }: DaggerCounts): string[] {
  const list = (counts: Record<string, number>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  const { student, expert } = driven_frames;
  return [
    `hand-overs: ${list(handovers)}`,
    `driven on the way, not stored: student ${student} frames (asked ${queries} times), expert ${expert}`,
    ...(Object.keys(aimed).some((label) => label !== 'ordinary') ? [`aimed at: ${list(aimed)}`] : []),
  ];
}
