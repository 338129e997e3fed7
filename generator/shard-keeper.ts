/** Turns staged episodes into shards of the dataset while later ones are still being made. */
import type { EpisodeRecord } from '../dataset/episode-record.ts';
import { planShards } from '../dataset/shards.ts';
import type { StagingArea } from '../dataset/staging.ts';
import type { DatasetWriter } from '../dataset/writer.ts';

export interface ShardKeeperOptions {
  writer: DatasetWriter;
  staging: StagingArea;
  fps: number;
  /** Episodes of the run. */
  total: number;
  /** Frames of a kept episode; undefined while it is not kept. */
  framesOf(index: number): number | undefined;
  /** The staged record of a kept episode; rejects when it is not what was staged. */
  load(index: number): Promise<EpisodeRecord>;
}

export class ShardKeeper {
  readonly #options: ShardKeeperOptions;
  /** Frames of the episodes from 0 on, without a gap. */
  readonly #lengths: number[] = [];
  #work: Promise<void> = Promise.resolve();
  #error: unknown;

  constructor(options: ShardKeeperOptions) {
    this.#options = options;
  }

  /**
   * Looks how far the kept episodes reach without a gap and writes, in the background, the shards that are closed by
   * it. Throws what went wrong in an earlier one.
   */
  advance(): void {
    if (this.#error) throw this.#error;
    const { framesOf, total, fps } = this.#options;
    const before = this.#lengths.length;
    for (let frames = framesOf(before); frames !== undefined; frames = framesOf(this.#lengths.length))
      this.#lengths.push(frames);
    if (this.#lengths.length === before) return;
    const shards = planShards(this.#lengths, fps);
    const closed = this.#lengths.length === total ? shards : shards.slice(0, -1);
    this.#work = this.#work
      .then(() => this.#write(closed))
      .catch((error) => {
        this.#error ??= error;
      });
  }

  /** Resolves when everything begun is written. */
  async settle(): Promise<void> {
    await this.#work;
    if (this.#error) throw this.#error;
  }

  async #write(shards: readonly { from: number; to: number }[]): Promise<void> {
    const { writer, staging, load } = this.#options;
    for (let i = writer.shards.length; i < shards.length; i++) {
      const indices = Array.from({ length: shards[i].to - shards[i].from }, (_, k) => shards[i].from + k);
      const readers = indices.map((index) => () => load(index));
      await writer.writeShard(i, readers);
      await staging.dropStaged(indices);
    }
  }
}
