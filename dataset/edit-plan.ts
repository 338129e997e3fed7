/**
 * Which episodes of which datasets become a new one, and how they are packed into its files. Pure but for reading the
 * sources' tables of contents.
 */
import { InputError, throwFaults } from '../sim/errors.ts';
import { differentTypes, joinedType } from './column-types.ts';
import { type CutSamples, VideoCutter } from './cuttable-video.ts';
import type { EpisodeSource, SourceEpisode } from './episode-source.ts';
import { planShards } from './shards.ts';
import { isSameType } from './stored-columns.ts';

/** One episode of the new dataset. */
export interface Choice {
  source: EpisodeSource;
  episode: SourceEpisode;
  /** For the new dataset's `dataset_weights`. */
  weight: { name: string; weight: number };
}

/** Episodes that share the files of a number. */
export interface EditShard {
  choices: Choice[];
  /** For each camera the coded frames of each episode. */
  cuts: Record<string, CutSamples[]>;
}

/** Throws one InputError that lists every difference in features and frame rate between the sources. */
export function assertSameFeatures(sources: readonly EpisodeSource[]): void {
  const [first, ...others] = sources;
  const faults = others.flatMap((other) =>
    [...featureDifferences(first, other), ...typeDifferences(first, other)].map(
      (difference) => `${other.reader.root}: ${difference}`,
    ),
  );
  throwFaults(`the merge with ${first.reader.root}`, faults);
}

function featureDifferences(a: EpisodeSource, b: EpisodeSource): string[] {
  const [left, right] = [a.reader.info, b.reader.info];
  const differences: string[] = [];
  if (left.fps !== right.fps) differences.push(`it has ${right.fps} fps, not ${left.fps}`);
  const robots = [left.robot_type ?? 'no robot', right.robot_type ?? 'no robot'];
  if (robots[0] !== robots[1]) differences.push(`it is of ${robots[1]}, not of ${robots[0]}`);
  for (const name of new Set([...Object.keys(left.features), ...Object.keys(right.features)])) {
    const [mine, theirs] = [left.features[name], right.features[name]];
    if (!theirs) differences.push(`it lacks the feature ${name}`);
    else if (!mine) differences.push(`it has the feature ${name}, which the first lacks`);
    else {
      for (const part of ['dtype', 'shape', 'names'] as const) {
        const [want, got] = [mine[part], theirs[part]].map((value) => JSON.stringify(value ?? null));
        if (want !== got) differences.push(`${part} of ${name} is ${got}, not ${want}`);
      }
    }
  }
  return differences;
}

/** Columns whose values cannot stand in one column. */
function typeDifferences(a: EpisodeSource, b: EpisodeSource): string[] {
  const where = a.reader.root;
  const known = new Map(a.episodeColumns.map((column) => [column.name, column]));
  const inEpisodes = b.episodeColumns.flatMap((column) =>
    joinedType(known.get(column.name), column)
      ? []
      : [differentTypes(column, known.get(column.name)!, where)],
  );
  const inData = [...b.dataColumns].flatMap(([name, column]) => {
    const theirs = a.dataColumns.get(name);
    const isStored = column.leaf === 'stored' || theirs?.leaf === 'stored';
    return !theirs || !isStored || isSameType(theirs, column) ? [] : [differentTypes(column, theirs, where)];
  });
  return [...inEpisodes, ...inData];
}

/** Packs the episodes, in order, into files of 5 to 15 minutes. Throws where one's video cannot be cut out. */
export async function planFiles(choices: readonly Choice[]): Promise<EditShard[]> {
  const { cameraKeys, info } = choices[0].source.reader;
  const cutter = new VideoCutter();
  const cuts: Record<string, CutSamples[]> = {};
  for (const key of cameraKeys) {
    cuts[key] = [];
    for (const choice of choices) cuts[key].push(await cutOf(cutter, choice, key));
  }
  // Samples of different coding cannot share a file.
  const shards: EditShard[] = [];
  for (const [from, to] of runsOf(choices.length, (i) => cameraKeys.some((key) => differs(cuts[key], i)))) {
    const lengths = choices.slice(from, to).map(({ episode }) => episode.row.length);
    for (const part of planShards(lengths, info.fps)) {
      const [a, b] = [from + part.from, from + part.to];
      const some = Object.fromEntries(cameraKeys.map((key) => [key, cuts[key].slice(a, b)]));
      shards.push({ choices: choices.slice(a, b), cuts: some });
    }
  }
  return shards;
}

const differs = (cuts: readonly CutSamples[], i: number): boolean =>
  !Buffer.from(cuts[i - 1].entry).equals(cuts[i].entry);

/** Ranges of 0..count-1 that begin anew wherever `isNew`. */
function runsOf(count: number, isNew: (i: number) => boolean): [number, number][] {
  const runs: [number, number][] = [];
  for (let i = 0; i < count; i++) {
    if (i === 0 || isNew(i)) runs.push([i, i + 1]);
    else runs[runs.length - 1][1] = i + 1;
  }
  return runs;
}

async function cutOf(cutter: VideoCutter, { source, episode }: Choice, key: string): Promise<CutSamples> {
  const { row } = episode;
  const { fps } = source.reader.info;
  try {
    const { path, fromS } = source.reader.videoRange(row, key);
    return await cutter.cut(path, { fromS, frames: row.length, fps });
  } catch (error) {
    const why = `${source.reader.root}: episode ${row.episodeIndex}: its video cannot be copied without coding it again: ${(error as Error).message}`;
    throw error instanceof InputError ? new InputError(why) : new Error(why);
  }
}
