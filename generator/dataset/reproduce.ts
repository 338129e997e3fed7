/** The `gen` command that makes one episode of our own data again. */
import type { DatasetInfo } from './dataset-info.ts';
import type { EpisodeProvenance } from './episode-row.ts';
import { EGO_CAMERA_KEY } from './layout.ts';
import type { RunProvenance } from './metadata.ts';

const SEED4_SIZE = 4;

/**
 * Makes the scenario's episodes up to the one asked for, which is the last of them: an episode follows from its
 * scenario, seed and slot, whatever else a run makes.
 */
export function reproduceCommand(
  info: DatasetInfo,
  provenance: EpisodeProvenance,
  runs: readonly RunProvenance[] = [],
): string {
  const { seed, slot } = provenance;
  const [heightPx, widthPx] = info.features[EGO_CAMERA_KEY]?.shape ?? [];
  const state = info.features['observation.state']?.shape[0] === SEED4_SIZE ? 'seed4' : 'full';
  return `brickyard gen --scenarios ${scenarioArgument(provenance, runs)} --seed ${seed} --episodes ${slot + 1} --size ${widthPx}x${heightPx} --fps ${info.fps} --state ${state} --out NEW_FOLDER`;
}

/** A scenario of the user's own is asked for by its file, which the run that made the episode was given. */
function scenarioArgument(
  { scenario, scenarioHash, seed }: EpisodeProvenance,
  runs: readonly RunProvenance[],
) {
  const run = runs.find(({ settings, seed: itsSeed }) => {
    const shares = (settings.shares ?? []) as { name: string; hash: string }[];
    const hasIt = Array.isArray(shares) && shares.some(({ hash }) => hash === scenarioHash);
    return itsSeed === seed && hasIt;
  });
  const asked = String(run?.settings.scenarios ?? '').split(',');
  const files = asked
    .map((item) => item.trim().replace(/:[\d.]+$/, ''))
    .filter((item) => /\.ya?ml$/.test(item));
  const named = files.find((file) => file.replace(/^.*\//, '').replace(/\.ya?ml$/, '') === scenario);
  const isNamed = asked.some((item) => item.trim().split(':')[0] === scenario);
  const file = named ?? (files.length === 1 && asked.length === 1 && !isNamed ? files[0] : undefined);
  return quoted(file ?? scenario);
}

/** For a shell: names may come from anyone's dataset. */
const quoted = (word: string): string =>
  /^[\w./:@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
