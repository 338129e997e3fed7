/** What earlier runs put into a finished dataset, as far as the next run must know. */

import type { RunProvenance } from '../dataset/metadata.ts';
import { DatasetReader } from '../dataset/reader.ts';
import { InputError } from '../sim/errors.ts';

export interface DatasetOrigin {
  episodes: number;
  frames: number;
  fingerprint: string;
  /** The run that finished last. */
  lastRun: RunProvenance;
  /** For each scenario one past the highest slot that the runs with a seed used, so that no start comes twice. */
  slotsUsed(seed: number): Promise<Record<string, number>>;
}

/** Reads a finished dataset of ours; null when somebody else made it. Throws InputError when it is no dataset. */
export async function readOrigin(out: string): Promise<DatasetOrigin | null> {
  try {
    return await readFinished(out);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `${out}: ${(error as Error).message}; \`brickyard dataset validate ${out}\` checks all of it`,
    );
  }
}

async function readFinished(out: string): Promise<DatasetOrigin | null> {
  const reader = await DatasetReader.open(out);
  const metadata = await reader.metadata();
  if (!metadata) return null;
  return {
    episodes: reader.info.total_episodes,
    frames: reader.info.total_frames,
    fingerprint: metadata.fingerprint.sha256,
    lastRun: metadata.runs[metadata.runs.length - 1],
    slotsUsed: (seed) => slotsUsed(reader, seed),
  };
}

async function slotsUsed(reader: DatasetReader, seed: number): Promise<Record<string, number>> {
  const used: Record<string, number> = {};
  let position = 0;
  for await (const { provenance } of reader.episodeRows({ provenance: 'brief' })) {
    if (position++ >= reader.info.total_episodes) break;
    if (provenance?.seed !== seed) continue;
    used[provenance.scenario] = Math.max(used[provenance.scenario] ?? 0, provenance.slot + 1);
  }
  return used;
}
