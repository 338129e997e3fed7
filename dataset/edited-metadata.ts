/** metadata.json of a dataset made from others: what they said, counted again over the episodes that were kept. */
import type { Choice } from './edit-plan.ts';
import { datasetFingerprint } from './episode-digest.ts';
import { EGO_CAMERA_KEY } from './layout.ts';
import type { Loss } from './losses.ts';
import {
  type DatasetMetadata,
  type DatasetWeight,
  type Derivation,
  datasetMetadata,
  METADATA_FORMAT,
  phaseNames,
  type RunProvenance,
  type ScenarioShare,
} from './metadata.ts';

/** Of our own data; of anyone else's only the weights and where it comes from. */
export type EditedMetadata = Partial<DatasetMetadata> & {
  dataset_weights: DatasetWeight[];
  derived_from: Derivation;
};

/** @param shares what was counted of the scenarios while the episodes were written */
export async function editedMetadata(
  choices: readonly Choice[],
  derivation: Derivation,
  shares: Readonly<Record<string, ScenarioShare>>,
): Promise<EditedMetadata> {
  const added = { dataset_weights: weightsOf(choices), derived_from: derivation };
  const sources = [...new Set(choices.map(({ source }) => source))];
  const known = await Promise.all(sources.map(({ reader }) => reader.metadata()));
  const isOurs = known.every((m) => m) && choices.every(({ episode }) => episode.row.provenance);
  if (!isOurs) return { format: METADATA_FORMAT, ...added };
  const { info } = sources[0].reader;
  const [heightPx, widthPx] = info.features[EGO_CAMERA_KEY].shape;
  const stateNames = info.features['observation.state'].names as string[];
  const fingerprint = datasetFingerprint(
    { fps: info.fps, widthPx, heightPx, stateNames },
    choices.map(({ episode }) => episode.row.provenance!.contentSha256),
  );
  const runs = new Map<string, RunProvenance>();
  for (const metadata of known) for (const run of metadata!.runs) runs.set(JSON.stringify(run), run);
  const [first] = known as DatasetMetadata[];
  const named = { phases: phaseNames(first) ?? [], columnNotes: first.columns };
  return { ...datasetMetadata(fingerprint, named, shares, [...runs.values()]), ...added };
}

/** Neighbours of the same name and weight become one entry. */
function weightsOf(choices: readonly Choice[]): DatasetWeight[] {
  const entries: DatasetWeight[] = [];
  choices.forEach(({ weight: { name, weight } }, i) => {
    const last = entries.at(-1);
    if (last && last.name === name && last.weight === weight) last.episodes[1] = i + 1;
    else entries.push({ name, weight, episodes: [i, i + 1] });
  });
  return entries;
}

/** What `derived_from` says of each source of some choices. */
export async function derivationOf(
  command: string,
  choices: readonly Choice[],
  losses: readonly Loss[] = [],
): Promise<Derivation> {
  const sources = [...new Set(choices.map(({ source }) => source))];
  return {
    command,
    sources: await Promise.all(
      sources.map(async (source) => ({
        name: source.name,
        fingerprint: (await source.reader.metadata())?.fingerprint.sha256 ?? null,
        episodes: choices.filter((choice) => choice.source === source).length,
        of: source.episodes.length,
      })),
    ),
    ...(losses.length > 0 && { losses: [...losses] }),
  };
}
