/**
 * A rollout's trajectory on disk: a gzipped block of a 4-byte magic, the length of a JSON header (uint32), the header,
 * and the arrays that it names, little-endian, one after the other. Half an hour of video's worth of poses of a still
 * thing compresses to nearly nothing.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { readRegularSync } from '../runtime/regular-file.ts';
import type { Outcome, Trajectory } from '../sim/engine/trajectory.ts';
import { InputError } from '../sim/errors.ts';

/** What a rollout ends with: a trajectory, and when the policy was asked. */
export interface RolloutTrajectory extends Omit<Trajectory, 'outcome'> {
  /** Key of the condition it began from. */
  condition: string;
  outcome: Outcome | 'bad-action';
  /** Frames at which the policy was asked, ascending. */
  queryFrames: Uint32Array;
}

/** Half an hour of 40 things at 30 Hz takes 70 MB. */
const MAX_BYTES = 256 * 2 ** 20;
const MAGIC = 0x424b5431; // BKT1
const ARRAYS = {
  poses: Float32Array,
  states: Float32Array,
  actions: Float32Array,
  executedActions: Float32Array,
  queryFrames: Uint32Array,
  sources: Uint8Array,
  labelValid: Uint8Array,
  phases: Uint8Array,
} as const;
type ArrayName = keyof typeof ARRAYS;
const NAMES = Object.keys(ARRAYS) as ArrayName[];

/** The file's bytes. */
export function encodeTrajectory(trajectory: RolloutTrajectory): Uint8Array {
  const plain = Object.fromEntries(
    Object.entries(trajectory).filter(([name]) => !NAMES.includes(name as ArrayName)),
  );
  const sizes = Object.fromEntries(NAMES.map((name) => [name, trajectory[name].length]));
  const header = Buffer.from(JSON.stringify({ ...plain, sizes }));
  const front = Buffer.alloc(8);
  front.writeUInt32BE(MAGIC, 0);
  front.writeUInt32LE(header.length, 4);
  const arrays = NAMES.map((name) => {
    const { buffer, byteOffset, byteLength } = trajectory[name];
    return Buffer.from(buffer, byteOffset, byteLength);
  });
  return gzipSync(Buffer.concat([front, header, ...arrays]), { level: 1 });
}

/** @throws InputError when the bytes are no trajectory, or cut short. */
export function decodeTrajectory(bytes: Uint8Array, subject = 'trajectory'): RolloutTrajectory {
  try {
    const whole = gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
    if (whole.readUInt32BE(0) !== MAGIC) throw new Error('it begins with something else');
    const end = 8 + whole.readUInt32LE(4);
    const { sizes, ...plain } = JSON.parse(whole.toString('utf8', 8, end));
    let at = end;
    for (const name of NAMES) {
      const Type = ARRAYS[name];
      const length = sizes[name] * Type.BYTES_PER_ELEMENT;
      if (!(length >= 0 && at + length <= whole.length)) throw new Error(`${name} is cut short`);
      plain[name] = new Type(Uint8Array.from(whole.subarray(at, at + length)).buffer);
      at += length;
    }
    return plain as RolloutTrajectory;
  } catch (error) {
    throw new InputError(`${subject} is no stored trajectory: ${(error as Error).message}`);
  }
}

/** @throws InputError when the file is missing or no trajectory. */
export function readTrajectory(path: string): RolloutTrajectory {
  let bytes: Uint8Array;
  try {
    bytes = readRegularSync(path, { maxBytes: 2 ** 30 });
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`trajectory ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  return decodeTrajectory(bytes, `trajectory ${path}`);
}
