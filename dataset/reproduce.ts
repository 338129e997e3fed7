/** The `gen` command that makes one episode of our own data again. */
import { basename } from 'node:path';
import { defaultTask } from '../sim/tasks/default-task.ts';
import type { DatasetInfo } from './dataset-info.ts';
import type { EpisodeProvenance } from './episode-row.ts';
import { EGO_CAMERA_KEY } from './layout.ts';
import type { RunProvenance } from './metadata.ts';

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
  const run = runOf(provenance, runs);
  // Its policy lies where the user had it: only what was typed names it.
  if (run?.settings.mode === 'dagger') return `${run.command} --out NEW_FOLDER`;
  return `brickyard gen${taskArgument(run)} --scenarios ${scenarioArgument(provenance, run)}${modeArguments(run)} --seed ${seed} --episodes ${slot + 1} --size ${widthPx}x${heightPx} --fps ${info.fps}${stateArgument(info, run)} --out NEW_FOLDER`;
}

/** By its name, which is a folder's where the task is the user's own: its path is not stored. */
const taskArgument = (run: RunProvenance | undefined): string =>
  run?.settings.taskName === undefined ? '' : ` --task ${quoted(String(run.settings.taskName))}`;

/** The layout that the run was asked for; where it is not known, the default task's with as many numbers. */
function stateArgument({ features }: DatasetInfo, run: RunProvenance | undefined): string {
  const size = features['observation.state']?.shape[0];
  const layouts = Object.entries(defaultTask.stateLayouts);
  const state = run?.settings.state ?? layouts.find(([, names]) => names.length === size)?.[0];
  return state === undefined ? '' : ` --state ${quoted(String(state))}`;
}

/** The run that made an episode; in a merged dataset, of those with its seed and scenario the first that can have. */
function runOf({ scenarioHash, seed, key }: EpisodeProvenance, runs: readonly RunProvenance[]) {
  const possible = runs.filter(({ settings, seed: itsSeed }) => {
    const shares = (settings.shares ?? []) as { name: string; hash: string }[];
    const hasIt = Array.isArray(shares) && shares.some(({ hash }) => hash === scenarioHash);
    return itsSeed === seed && hasIt;
  });
  const kind = key.split('/')[4] ?? 'expert';
  const madeSuch = ({ settings: { mode = 'expert' } }: RunProvenance) => mode === kind || mode === 'mix';
  return possible.find(madeSuch) ?? possible[0];
}

/** The options that a mode's episodes depend on, with the settings that hold them. */
const NOISE = {
  noiseShare: '--noise-share',
  noiseLevel: '--noise-level',
  noiseAmplitude: '--noise-amplitude',
} as const;
const RECOVERY = { recoveryShare: '--recovery-share' } as const;
const MODE_ARGUMENTS: Record<string, Record<string, string>> = {
  noise: NOISE,
  recovery: RECOVERY,
  mix: { ...RECOVERY, ...NOISE },
};

/** How the run's episodes were driven, where that was not by the expert alone. */
function modeArguments({ settings }: Pick<RunProvenance, 'settings'> = { settings: {} }): string {
  const mode = String(settings.mode ?? 'expert');
  if (mode === 'expert') return '';
  const options = Object.entries(MODE_ARGUMENTS[mode] ?? {})
    .filter(([key]) => settings[key] !== undefined)
    .map(([key, name]) => ` ${name} ${settings[key]}`);
  return ` --mode ${mode}${options.join('')}`;
}

/** A scenario of the user's own is asked for by its file, as it was typed for the run that made the episode. */
function scenarioArgument({ scenario, scenarioHash }: EpisodeProvenance, run: RunProvenance | undefined) {
  const parts = String(run?.settings.scenarios ?? '').split(',');
  const asked = parts.map((part) => part.trim().replace(/:[-+\d.][^:/\\]*$/, ''));
  const shares = (run?.settings.shares ?? []) as Share[];
  const files = { ...filesByHash(asked.toReversed(), shares.toReversed()), ...filesByHash(asked, shares) };
  const named = asked.find((part) => isFile(part) && basename(part).replace(/\.ya?ml$/, '') === scenario);
  return quoted(files[scenarioHash] ?? named ?? scenario);
}

interface Share {
  name: string;
  hash: string;
}

/** A file or a name stands for one scenario, in its place of the list; a tag for nobody knows how many. */
function filesByHash(asked: readonly string[], shares: readonly Share[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [index, part] of asked.entries()) {
    const share = shares[index];
    if (!share || (!isFile(part) && part !== share.name)) break;
    if (isFile(part)) files[share.hash] = part;
  }
  return files;
}

const isFile = (part: string): boolean => /\.ya?ml$/.test(part);

/** For a shell: names may come from anyone's dataset. */
const quoted = (word: string): string =>
  /^[\w./:@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
