/**
 * `dataset convert --to lerobot`: episode_N.hdf5 files, ours or ACT's own, as a LeRobot dataset. Columns are copied to
 * the bit; pictures are coded as H.264. One frame of pictures is in memory at a time.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import h5wasm from 'h5wasm/node';
import { InputError } from '../../sim/errors.ts';
import { Disk, namesIn } from './disk.ts';
import { planFiles } from './edit-plan.ts';
import { type EditResult, writeEdited } from './edit-writer.ts';
import { derivationOf } from './edited-metadata.ts';
import { readHdf5Source } from './hdf5-source.ts';
import { assertNew, makeFolder } from './new-folder.ts';
import type { ConvertOptions } from './to-hdf5.ts';

export interface FromHdf5Options extends Omit<ConvertOptions, 'compression'> {
  /** For files that do not say their rate or task. */
  fps?: number;
  task?: string;
}

export async function convertToLerobot(options: FromHdf5Options): Promise<EditResult> {
  const { root, out, disk = new Disk() } = options;
  assertNew(out);
  const names = await episodeFiles(root);
  await h5wasm.ready;
  return makeFolder(out, disk, async (folder) => {
    const work = join(folder, '.videos');
    await mkdir(work);
    const source = await readHdf5Source(options, names, work);
    const choices = source.episodes.map((episode) => ({
      source,
      episode,
      weight: { name: source.name, weight: 1 },
    }));
    const shards = await planFiles(choices);
    const derivation = await derivationOf(options.command, choices);
    const result = await writeEdited({ folder, disk, shards, derivation });
    await disk.remove(work);
    return result;
  });
}

async function episodeFiles(root: string): Promise<string[]> {
  const numbered = (await namesIn(root)).flatMap((name) => {
    const match = /^episode_(\d+)\.hdf5$/.exec(name);
    return match ? [{ name, number: Number(match[1]) }] : [];
  });
  if (numbered.length === 0)
    throw new InputError(`${root} has no files named episode_0.hdf5, episode_1.hdf5 …`);
  return numbered.sort((a, b) => a.number - b.number).map(({ name }) => name);
}
