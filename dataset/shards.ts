/**
 * Which episodes share a file. Pure: follows from the episodes' lengths alone.
 *
 * One mp4 an episode would be simplest, but lerobot 0.4.4 keeps a decoder open for each file and worker for ever
 * (30 GB a worker at 8,000 files); one mp4 for all would be fewest, but lerobot compares times as float32, whose
 * step exceeds its tolerance of 1e-4 s beyond 1024 s.
 */
import { InputError } from '../sim/errors.ts';

export interface Shard {
  /** First episode. */
  from: number;
  /** One past the last. */
  to: number;
}

export interface ShardLimits {
  /** A file shorter than this takes another episode even beyond `maxS`, as long as the hard limit allows. */
  minS: number;
  maxS: number;
}

export const SHARD_LIMITS: ShardLimits = { minS: 300, maxS: 900 };

/** No file may reach 1024 s, whatever the limits say. */
export const HARD_LIMIT_S = 1023;

/**
 * Packs episodes, in order, into files. Every shard but the last is closed: it stays as it is whatever episodes
 * follow, so it can be written while later episodes are still being made.
 *
 * @param lengths frames of each episode, in plan order
 * @throws InputError when an episode alone is too long for a file
 */
export function planShards(
  lengths: readonly number[],
  fps: number,
  limits: ShardLimits = SHARD_LIMITS,
): Shard[] {
  const minFrames = Math.floor(limits.minS * fps);
  const maxFrames = Math.floor(Math.min(limits.maxS, HARD_LIMIT_S) * fps);
  const hardFrames = Math.floor(HARD_LIMIT_S * fps);
  const shards: Shard[] = [];
  let frames = 0;
  for (let episode = 0; episode < lengths.length; episode++) {
    const length = lengths[episode];
    if (length > hardFrames) {
      throw new InputError(
        `episode ${episode} has ${length} frames, ${(length / fps).toFixed(0)} s, but a video file holds at most ${HARD_LIMIT_S} s: lower the scenario's time limit`,
      );
    }
    const joined = frames + length;
    const fits = joined <= maxFrames || (frames < minFrames && joined <= hardFrames);
    if (shards.length > 0 && fits) {
      shards[shards.length - 1].to = episode + 1;
      frames = joined;
    } else {
      shards.push({ from: episode, to: episode + 1 });
      frames = length;
    }
  }
  return shards;
}
