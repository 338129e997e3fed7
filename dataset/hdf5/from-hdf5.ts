/**
 * `dataset convert --to lerobot`: HDF5 files, ours, ACT's, ALOHA's or robomimic's, as a LeRobot dataset. Columns are
 * copied to the bit; pictures are coded as H.264. One frame of pictures is in memory at a time. Everything is looked
 * at before any work; what is not kept is named.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Disk } from '../../runtime/disk.ts';
import { planFiles } from '../edit-plan.ts';
import { type EditResult, writeEdited } from '../edit-writer.ts';
import { derivationOf } from '../edited-metadata.ts';
import { assertNew, makeFolder } from '../new-folder.ts';
import { readHdf5Source } from './episode-source.ts';
import { Hdf5Reader } from './hdf5-file.ts';
import { type PlanOptions, planHdf5 } from './plan.ts';
import type { ConvertOptions } from './to-hdf5.ts';

export interface FromHdf5Options extends Omit<ConvertOptions, 'compression'>, PlanOptions {}

export async function convertToLerobot(options: FromHdf5Options): Promise<EditResult> {
  const { out, disk = new Disk() } = options;
  assertNew(out, [options.root]);
  const reader = new Hdf5Reader();
  try {
    const plan = await planHdf5(reader, options);
    return await makeFolder(out, disk, async (folder) => {
      const work = join(folder, '.videos');
      await mkdir(work);
      const source = await readHdf5Source(reader, plan, work);
      const choices = source.episodes.map((episode) => ({
        ...{ source, episode },
        weight: { name: source.name, weight: 1 },
      }));
      const shards = await planFiles(choices);
      const derivation = await derivationOf(options.command, choices, plan.losses);
      const result = await writeEdited({ folder, disk, shards, derivation });
      await disk.remove(work);
      return result;
    });
  } finally {
    await reader.close();
  }
}
