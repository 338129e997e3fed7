/** The `gen` command that makes one episode of our own data again. */
import type { DatasetInfo } from './dataset-info.ts';
import type { EpisodeProvenance } from './episode-row.ts';
import { EGO_CAMERA_KEY } from './layout.ts';

const SEED4_SIZE = 4;

/**
 * Makes the scenario's episodes up to the one asked for, which is the last of them: an episode follows from its
 * scenario, seed and slot, whatever else a run makes.
 */
export function reproduceCommand(info: DatasetInfo, provenance: EpisodeProvenance): string {
  const { scenario, seed, slot } = provenance;
  const [heightPx, widthPx] = info.features[EGO_CAMERA_KEY]?.shape ?? [];
  const state = info.features['observation.state']?.shape[0] === SEED4_SIZE ? 'seed4' : 'full';
  return `brickyard gen --scenarios ${scenario} --seed ${seed} --episodes ${slot + 1} --size ${widthPx}x${heightPx} --fps ${info.fps} --state ${state} --out NEW_FOLDER`;
}
