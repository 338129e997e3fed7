/** `dataset merge`: the episodes of several datasets, one after the other, as one dataset. */
import { Disk } from '../runtime/disk.ts';
import { InputError, throwFaults } from '../sim/errors.ts';
import { assertSameFeatures, type Choice, planFiles } from './edit-plan.ts';
import { type EditResult, writeEdited } from './edit-writer.ts';
import { derivationOf } from './edited-metadata.ts';
import { phaseNames } from './metadata.ts';
import { assertNew, makeFolder } from './new-folder.ts';
import { DatasetReader } from './reader.ts';
import { SourceDataset } from './source-dataset.ts';

export interface MergeOptions {
  /** Folders of datasets, in the order of their episodes in the new one. */
  roots: readonly string[];
  out: string;
  /** How much each counts in training; 1 each when left out. A merged source keeps its own weights times this. */
  weights?: readonly number[];
  /** As typed, for the new metadata. */
  command: string;
  disk?: Disk;
}

/** Throws InputError before anything is written where the datasets cannot be merged. */
export async function mergeDatasets(options: MergeOptions): Promise<EditResult> {
  const { roots, out, command, disk = new Disk() } = options;
  const weights = options.weights ?? roots.map(() => 1);
  if (weights.length !== roots.length) {
    throw new InputError(`${weights.length} weights for ${roots.length} datasets: give one each`);
  }
  assertNew(out, roots);
  const sources: SourceDataset[] = [];
  for (const root of roots) sources.push(await SourceDataset.open(await DatasetReader.open(root)));
  assertSameFeatures(sources);
  await assertSamePhases(sources);
  const choices: Choice[] = [];
  for (const [i, source] of sources.entries()) {
    const own = await source.weights();
    source.episodes.forEach((episode, k) => {
      const { name, weight } = own[k];
      choices.push({ source, episode, weight: { name, weight: weight * weights[i] } });
    });
  }
  assertNoDuplicates(choices);
  const shards = await planFiles(choices);
  const losses = sources.flatMap(({ losses, name }) =>
    losses.map(({ what, why }) => ({ what: `${name}: ${what}`, why })),
  );
  const derivation = await derivationOf(command, choices, losses);
  return makeFolder(out, disk, (folder) => writeEdited({ folder, disk, shards, derivation }));
}

/** Numbers in the column `phase` mean something within one task alone. Foreign data names none. */
async function assertSamePhases(sources: readonly SourceDataset[]): Promise<void> {
  const faults: string[] = [];
  let first: readonly string[] | undefined;
  for (const { reader } of sources) {
    const metadata = await reader.metadata();
    const phases = metadata ? phaseNames(metadata) : undefined;
    first ??= phases;
    if (phases && first && phases.join() !== first.join())
      faults.push(
        `${reader.root}: its phases are ${phases.join(', ')}, not ${first.join(', ')}: it is of another task`,
      );
  }
  throwFaults(`the merge with ${sources[0].reader.root}`, faults);
}

/** Of one merge: two copies of a dataset would fill the screen. */
const MAX_FAULTS = 20;

/** The same episode twice would count twice, and stand on both sides of a split. Foreign data has no keys. */
function assertNoDuplicates(choices: readonly Choice[]): void {
  const seen = new Map<string, Choice>();
  const faults: string[] = [];
  for (const choice of choices) {
    const { provenance } = choice.episode.row;
    if (!provenance) continue;
    const id = `${provenance.key} ${provenance.contentSha256}`;
    const first = seen.get(id);
    if (first) faults.push(`${nameOf(choice)} is ${nameOf(first)} again (${provenance.key}); leave one out`);
    else seen.set(id, choice);
  }
  throwFaults('the merge', faults, MAX_FAULTS);
}

const nameOf = ({ source, episode }: Choice): string =>
  `episode ${episode.row.episodeIndex} of ${source.reader.root}`;
