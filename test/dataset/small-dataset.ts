/** A small dataset of made-up episodes in several files, for tests of the writer and of what reads it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { EpisodeRecord } from '../../dataset/episode-record.ts';
import type { PublishResult } from '../../dataset/publish-plan.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { planShards } from '../../dataset/shards.ts';
import { validateDataset } from '../../dataset/validate.ts';
import { DatasetWriter } from '../../dataset/writer.ts';
import type { Disk } from '../../runtime/disk.ts';
import { madeUpVideo } from './made-up-video.ts';
import { FPS, madeUpRecord, RUN, SPEC } from './records.ts';

export const LENGTHS = [30, 45, 12, 60, 28, 33, 9, 51];
/** Small enough for three files. */
export const LIMITS = { minS: 4, maxS: 12 };
export const records = LENGTHS.map((frames, episode) =>
  madeUpRecord({ episode, frames, video: madeUpVideo({ frames, seed: episode }) }),
);

export interface WriteOptions {
  out: string;
  some?: EpisodeRecord[];
  append?: boolean;
  disk?: Disk;
}

export async function writeAll({ out, some = records, append, disk }: WriteOptions): Promise<PublishResult> {
  const writer = await DatasetWriter.open({ out, spec: SPEC, append, disk });
  const shards = planShards(
    some.map((record) => record.frames),
    FPS,
    LIMITS,
  );
  for (const [i, { from, to }] of shards.entries()) {
    await writer.writeShard(
      i,
      some.slice(from, to).map((record) => () => record),
    );
  }
  return writer.publish({ run: RUN });
}

/** Relative path -> bytes as text, of everything in a folder. */
export function contents(root: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(root, path)] = readFileSync(path).toString('base64');
  }
  return files;
}

export async function faultsOf(out: string) {
  return (await validateDataset(await DatasetReader.open(out), { minEpisodes: 1, deep: false })).faults;
}
