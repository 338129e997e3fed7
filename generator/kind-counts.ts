/** What a run kept, by how it was driven. Pure. */
import { SOURCES, type Source } from '../sim/engine/trajectory.ts';
import type { KeptEpisode } from './messages.ts';
import { EPISODE_KINDS, type EpisodeKind } from './modes/kind.ts';

export interface KindCounts {
  /** Episodes and frames by kind of episode. */
  by_kind: Partial<Record<EpisodeKind, { episodes: number; frames: number }>>;
  /** Frames by who drove: an episode with noise has undisturbed frames, too. */
  frames_by_source: Partial<Record<Source, number>>;
}

/** Only what there is any of, in the order of EPISODE_KINDS and SOURCES. */
export function countKinds(kept: Iterable<KeptEpisode>): KindCounts {
  const kinds = new Map<EpisodeKind, { episodes: number; frames: number }>();
  const sources = new Map<Source, number>();
  for (const { kind = 'expert', frames, sources: counts = { expert: frames } } of kept) {
    const { episodes = 0, frames: sum = 0 } = kinds.get(kind) ?? {};
    kinds.set(kind, { episodes: episodes + 1, frames: sum + frames });
    for (const source of SOURCES)
      if (counts[source]) sources.set(source, (sources.get(source) ?? 0) + counts[source]);
  }
  return {
    by_kind: Object.fromEntries(EPISODE_KINDS.filter((k) => kinds.has(k)).map((k) => [k, kinds.get(k)])),
    frames_by_source: Object.fromEntries(
      SOURCES.filter((s) => sources.has(s)).map((s) => [s, sources.get(s)]),
    ),
  };
}
