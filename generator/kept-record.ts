/** Staged episodes as the journal has them: a file that is whole but belongs to another episode or run is no use. */

import { decodeRecord, type EpisodeRecord, recordChecksum } from '../dataset/episode-record.ts';
import type { Job } from '../scenarios/plan.ts';
import type { KeptEpisode } from './messages.ts';
import type { RunRecord } from './run-folder.ts';

/**
 * The record in a staged file.
 * @throws Error when it is damaged or not the one that the journal means
 */
export function keptRecord(
  bytes: Uint8Array,
  job: Job,
  kept: KeptEpisode,
  { run, stateNames }: { run: RunRecord; stateNames: readonly string[] },
): EpisodeRecord {
  const record = decodeRecord(bytes);
  const { seed, fps } = run.content;
  const hash = run.shares.find(({ name }) => name === job.scenario)?.hash;
  const pairs: [string, unknown, unknown][] = [
    ['scenario', record.scenario, job.scenario],
    ['scenario hash', record.scenarioHash, hash],
    ['seed', record.seed, seed],
    ['slot', record.slot, job.slot],
    ['attempt', record.attempt, kept.attempt],
    ['fps', record.fps, fps],
    ['state', record.stateNames.join(), stateNames.join()],
    ['frames', record.frames, kept.frames],
    ['final state', record.finalStateHash, kept.finalStateHash],
    ['checksum', recordChecksum(bytes), kept.stagedSha256 ?? recordChecksum(bytes)],
  ];
  const other = pairs.find(([, found, expected]) => found !== expected);
  if (other) throw new Error(`it is of another episode: its ${other[0]} is ${other[1]}, not ${other[2]}`);
  return record;
}
