/**
 * What makes two datasets the same. The digest of an episode covers all that a reader can get of it: the values of
 * its rows and the coded pictures, not the files around them; so packing, order of writing, machine and time leave
 * it alone. A dataset's fingerprint is the digest of its fps, state names, size and episodes' digests in order.
 */
import { createHash } from 'node:crypto';
import type { DatasetSpec } from './features.ts';

export interface EpisodeContent {
  key: string;
  scenario: string;
  task: string;
  /** EpisodeStart as JSON, or empty. */
  start: string;
  finalStateHash: string;
  states: Float32Array;
  actions: Float32Array;
  executedActions: Float32Array;
  sources: Uint8Array;
  labelValid: Uint8Array;
  phases: Uint8Array;
  video: { avcC: Uint8Array; sampleBytes: Uint32Array; data: Uint8Array };
}

export const FINGERPRINT_COVERS =
  'sha256 over fps, state names, picture size and, of every episode in order, key, scenario, task, start, final ' +
  'state hash, states, actions, executed actions, sources, label flags, phases and the coded video samples with ' +
  'their decoder configuration; not file layout, statistics, machine or time';

/** 64 hex digits. */
export function episodeDigest(content: EpisodeContent): string {
  const hash = createHash('sha256');
  const add = (bytes: Uint8Array): void => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(bytes.byteLength));
    hash.update(length).update(bytes);
  };
  const raw = (array: Float32Array | Uint32Array): Uint8Array =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const { key, scenario, task, start, finalStateHash, video } = content;
  for (const text of [key, scenario, task, start, finalStateHash]) add(Buffer.from(text));
  for (const column of [content.states, content.actions, content.executedActions]) add(raw(column));
  for (const column of [content.sources, content.labelValid, content.phases]) add(column);
  add(video.avcC);
  add(raw(video.sampleBytes));
  add(video.data);
  return hash.digest('hex');
}

/** 64 hex digits. */
export function datasetFingerprint(
  { fps, stateNames, widthPx, heightPx }: Pick<DatasetSpec, 'fps' | 'stateNames' | 'widthPx' | 'heightPx'>,
  digests: readonly string[],
): string {
  const header = JSON.stringify([fps, stateNames, widthPx, heightPx]);
  return createHash('sha256').update(header).update('\n').update(digests.join('\n')).digest('hex');
}
