/**
 * Everything that is kept of one finished episode, and its form as one file while the run goes on.
 *
 * The container: 'BYEP', uint32 version, uint32 header length, header (JSON, UTF-8), the blocks named in the
 * header in their order, each padded to 8 bytes, and the sha256 of all that came before. A file torn anywhere, or
 * with one bit turned, does not decode: that is what lets a crashed run trust what it finds. All little-endian.
 */
import { createHash } from 'node:crypto';
import type { EncodedVideo } from '../render/draw-request.ts';
import type { EpisodeStart } from '../sim/engine/episode-start.ts';
import type { Outcome } from '../sim/engine/trajectory.ts';

export interface EpisodeRecord {
  /** Unique name of the job, the same in every run with the same settings. */
  key: string;
  scenario: string;
  scenarioHash: string;
  /** The run's seed, the slot of the plan that this episode fills, and which attempt at it succeeded. */
  seed: number;
  slot: number;
  attempt: number;
  task: string;
  start: EpisodeStart;
  /** 'success' unless the run keeps failures on purpose. */
  outcome: Outcome;
  fps: number;
  stateNames: readonly string[];
  frames: number;
  /** frames x stateNames.length. */
  states: Float32Array;
  /** frames x controls of the robot: the label. */
  actions: Float32Array;
  /** frames x controls: what drove. */
  executedActions: Float32Array;
  /** frames: index into SOURCES. */
  sources: Uint8Array;
  /** frames: 1 where the label may be learned from. */
  labelValid: Uint8Array;
  /** frames: index into the task's phases. */
  phases: Uint8Array;
  finalStateHash: string;
  video: EncodedVideo;
  /** How many frames the histogram in `video` counts. */
  statFrames: number;
}

/** A record's bytes are torn or not a record. Ours to handle: the episode is made again. */
export class TornRecordError extends Error {
  override name = 'TornRecordError';
}

const MAGIC = 0x50455942; // 'BYEP'
const VERSION = 1;
const PREAMBLE_BYTES = 12;
const DIGEST_BYTES = 32;

type Block = Float32Array | Uint8Array | Uint32Array;
type BlockKind = 'f4' | 'u1' | 'u4';
interface BlockEntry {
  name: string;
  kind: BlockKind;
  length: number;
}

const BLOCK_KINDS = { f4: Float32Array, u1: Uint8Array, u4: Uint32Array } as const;

/** The record as bytes, the same for the same record. */
export function encodeRecord(record: EpisodeRecord): Uint8Array {
  const { video, states, actions, executedActions, sources, labelValid, phases, ...plain } = record;
  const blocks: [string, Block][] = [
    ['states', states],
    ['actions', actions],
    ['executedActions', executedActions],
    ['sources', sources],
    ['labelValid', labelValid],
    ['phases', phases],
    ['avcC', video.avcC],
    ['sampleBytes', video.sampleBytes],
    ['keyFrames', video.keyFrames],
    ['histogram', video.histogram],
    ['data', video.data],
  ];
  const entries = blocks.map(
    ([name, block]): BlockEntry => ({ name, kind: kindOf(block), length: block.length }),
  );
  const header = Buffer.from(JSON.stringify({ ...plain, codec: video.codec, blocks: entries }));

  let size = padded(PREAMBLE_BYTES + header.length);
  for (const [, block] of blocks) size += padded(block.byteLength);
  const bytes = new Uint8Array(size + DIGEST_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, header.length, true);
  bytes.set(header, PREAMBLE_BYTES);
  let offset = padded(PREAMBLE_BYTES + header.length);
  for (const [, block] of blocks) {
    bytes.set(new Uint8Array(block.buffer, block.byteOffset, block.byteLength), offset);
    offset += padded(block.byteLength);
  }
  bytes.set(sha256(bytes.subarray(0, size)), size);
  return bytes;
}

/** The record again; its arrays are views into `bytes` where that is aligned. Throws TornRecordError. */
export function decodeRecord(source: Uint8Array): EpisodeRecord {
  const bytes = source.byteOffset % 8 === 0 ? source : source.slice();
  const size = bytes.length - DIGEST_BYTES;
  if (size < PREAMBLE_BYTES)
    throw new TornRecordError(`an episode record of ${bytes.length} bytes is too short`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new TornRecordError('not an episode record');
  if (!sha256(bytes.subarray(0, size)).equals(bytes.subarray(size))) {
    throw new TornRecordError(`an episode record of ${bytes.length} bytes does not match its checksum`);
  }
  const version = view.getUint32(4, true);
  if (version !== VERSION)
    throw new TornRecordError(`an episode record of version ${version}, not ${VERSION}`);

  const headerLength = view.getUint32(8, true);
  if (headerLength > size - PREAMBLE_BYTES)
    throw new TornRecordError(
      `an episode record of ${bytes.length} bytes cannot have a header of ${headerLength}`,
    );
  const header = JSON.parse(
    Buffer.from(bytes.subarray(PREAMBLE_BYTES, PREAMBLE_BYTES + headerLength)).toString('utf8'),
  );
  const { codec, blocks: entries, ...plain } = header;
  const blocks: Record<string, Block> = {};
  let offset = bytes.byteOffset + padded(PREAMBLE_BYTES + headerLength);
  for (const { name, kind, length } of entries as BlockEntry[]) {
    blocks[name] = new BLOCK_KINDS[kind](bytes.buffer as ArrayBuffer, offset, length);
    offset += padded(blocks[name].byteLength);
  }
  const { avcC, sampleBytes, keyFrames, histogram, data, ...columns } = blocks;
  return {
    ...plain,
    ...columns,
    video: { codec, avcC, sampleBytes, keyFrames, histogram, data },
  } as EpisodeRecord;
}

/** The checksum that ends an encoded record, in hex. */
export const recordChecksum = (bytes: Uint8Array): string =>
  Buffer.from(bytes.subarray(bytes.length - DIGEST_BYTES)).toString('hex');

function kindOf(block: Block): BlockKind {
  if (block instanceof Float32Array) return 'f4';
  return block instanceof Uint32Array ? 'u4' : 'u1';
}

const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
