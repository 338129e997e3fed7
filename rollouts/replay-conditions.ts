/** A dataset's own episodes as conditions, with the actions that drove them. */
import { DatasetReader } from '../dataset/reader.ts';
import {
  type Condition,
  type ConditionSet,
  condition,
  conditionSet,
} from '../scenarios/suites/conditions.ts';
import type { EpisodeStart } from '../sim/engine/episode-start.ts';
import { InputError } from '../sim/errors.ts';

export interface ReplaySet {
  fps: number;
  set: ConditionSet;
  /** By condition. */
  actions(key: string): Promise<Float32Array>;
}

/**
 * The first `episodes` of the dataset; all when left out.
 * @throws InputError when it was not made by this simulator
 */
export async function replaySet(dataset: string, name: string, episodes?: number): Promise<ReplaySet> {
  const reader = await DatasetReader.open(dataset);
  const rows = (await reader.episodes()).slice(0, episodes);
  const byKey = new Map<string, (typeof rows)[number]>();
  const conditions = rows.map((row): Condition => {
    const { provenance } = row;
    if (!provenance)
      throw new InputError(
        `replay:${dataset}: episode ${row.episodeIndex} does not say how it began; only datasets made by brickyard can be replayed`,
      );
    const start = JSON.parse(provenance.start) as EpisodeStart;
    const { scenarioHash, seed, slot } = provenance;
    const made = condition(start, scenarioHash, seed, slot);
    byKey.set(made.key, row);
    return made;
  });
  return {
    fps: reader.info.fps,
    set: conditionSet(name, 0, conditions),
    actions: async (key) => {
      const { executed_action, action } = await reader.episodeColumns(byKey.get(key)!);
      return Float32Array.from((executed_action ?? action).values);
    },
  };
}
