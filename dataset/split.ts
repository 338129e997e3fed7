/** `dataset split`: the episodes of a dataset as several, by what they are. */
import { join } from 'node:path';
import { Disk } from '../runtime/disk.ts';
import { Rng } from '../sim/engine/rng.ts';
import { InputError } from '../sim/errors.ts';
import { type Choice, type EditShard, planFiles } from './edit-plan.ts';
import { type EditResult, writeEdited } from './edit-writer.ts';
import { derivationOf } from './edited-metadata.ts';
import type { SourceEpisode } from './episode-source.ts';
import type { Derivation } from './metadata.ts';
import { assertNew, makeFolder } from './new-folder.ts';
import { DatasetReader } from './reader.ts';
import { SourceDataset } from './source-dataset.ts';

export const SPLIT_BY = ['scenario', 'source', 'success', 'length', 'share'] as const;
export type SplitBy = (typeof SPLIT_BY)[number];

export interface SplitOptions {
  root: string;
  out: string;
  by: SplitBy;
  /** Frames at which a new part begins; for `length`. Ascending. */
  at?: readonly number[];
  /** Of the episodes, drawn by `seed`, that go to `train`; the others to `held-out`. For `share`. */
  share?: number;
  seed: number;
  command: string;
  disk?: Disk;
}

export interface SplitPart extends EditResult {
  name: string;
}

/** Parts in the order of their first episodes. All parts appear together. */
export async function splitDataset(options: SplitOptions): Promise<SplitPart[]> {
  const { root, out, command, disk = new Disk() } = options;
  assertNew(out, [root]);
  const source = await SourceDataset.open(await DatasetReader.open(root));
  const weights = await source.weights();
  const nameOf = partNames(options, source);
  const parts = new Map<string, Choice[]>();
  source.episodes.forEach((episode, i) => {
    const name = folderName(nameOf(episode, i));
    const choices = parts.get(name) ?? [];
    choices.push({ source, episode, weight: weights[i] });
    parts.set(name, choices);
  });
  const plans: { name: string; shards: EditShard[]; derivation: Derivation }[] = [];
  for (const [name, choices] of parts) {
    plans.push({
      name,
      shards: await planFiles(choices),
      derivation: await derivationOf(command, choices, source.losses),
    });
  }
  return makeFolder(out, disk, async (folder) => {
    const results: SplitPart[] = [];
    for (const { name, shards, derivation } of plans) {
      const result = await writeEdited({ folder: join(folder, name), disk, shards, derivation });
      results.push({ name, ...result });
    }
    return results;
  });
}

/** A name from a dataset as the name of a folder: it may come from anyone, so it must not lead elsewhere. */
const folderName = (name: string): string =>
  name.replace(/[^\w.+-]+/g, '-').replace(/^[.-]+/, '') || 'unnamed';

type Namer = (episode: SourceEpisode, index: number) => string;

function partNames(options: SplitOptions, source: SourceDataset): Namer {
  const { by, at = [], share } = options;
  if (by === 'length') return lengthNamer(at);
  if (by === 'share') return shareNamer(share, options.seed, source.episodes.length);
  const without = source.episodes.find(({ row }) => !row.provenance);
  if (without) {
    throw new InputError(
      `${options.root} does not say the ${by} of its episodes (${without.row.episodeIndex} for one): brickyard did not make it; split it by length or share`,
    );
  }
  if (by === 'scenario') return ({ row }) => row.provenance!.scenario;
  if (by === 'source') return ({ row }) => row.provenance!.sources.join('+');
  return ({ row }) => row.provenance!.outcome;
}

function lengthNamer(at: readonly number[]): Namer {
  const isAscending = at.every((value, i) => Number.isInteger(value) && value > (at[i - 1] ?? 0));
  if (at.length === 0 || !isAscending) {
    throw new InputError(
      `--by length needs --at with whole numbers of frames, ascending from 1, such as --at 200,400; got "${at.join()}"`,
    );
  }
  return ({ row }) => {
    const part = at.filter((bound) => row.length >= bound).length;
    if (part === 0) return `under-${at[0]}`;
    return part === at.length ? `from-${at[part - 1]}` : `from-${at[part - 1]}-to-${at[part] - 1}`;
  };
}

function shareNamer(share: number | undefined, seed: number, episodes: number): Namer {
  if (share === undefined || !(share > 0 && share < 1)) {
    throw new InputError(`--share must lie between 0 and 1, got "${share}"`);
  }
  const kept = Math.round(share * episodes);
  if (kept === 0 || kept === episodes) {
    throw new InputError(`--share ${share} of ${episodes} episodes leaves one part empty: choose another`);
  }
  const rng = Rng.from('dataset-split', seed);
  const draws = Array.from({ length: episodes }, (_, i) => ({ i, draw: rng.integer(0, 2 ** 30) }));
  draws.sort((a, b) => a.draw - b.draw || a.i - b.i);
  const train = new Set(draws.slice(0, kept).map(({ i }) => i));
  return (_, index) => (train.has(index) ? 'train' : 'held-out');
}
