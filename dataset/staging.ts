/**
 * Where finished episodes wait, one file each, until the shard that they belong to is written: OUT/.brickyard/staged.
 * Idempotent by index: staging an episode again replaces it by the same bytes.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Disk, namesIn } from '../runtime/disk.ts';
import { isTemporaryName } from '../runtime/temporary-name.ts';

/** Everything of ours that is not the dataset itself. Readers never look there (its name starts with a dot). */
export const workFolder = (out: string): string => join(out, '.brickyard');

const SUFFIX = '.episode';

export class StagingArea {
  readonly folder: string;
  readonly #disk: Disk;

  constructor(out: string, disk: Disk = new Disk()) {
    this.folder = join(workFolder(out), 'staged');
    this.#disk = disk;
  }

  /** Clears what runs that died left half-written. Call once, before the first episode. */
  async open(): Promise<void> {
    await this.#disk.removeLeftovers(this.folder);
  }

  /** Resolves once the episode survives a power cut. `bytes` come from encodeRecord. */
  async stageEpisode(index: number, bytes: Uint8Array): Promise<void> {
    await this.#disk.writeWhole(this.#path(index), bytes);
  }

  /** Indices of the episodes that wait, ascending. */
  async stagedEpisodes(): Promise<number[]> {
    const names = await namesIn(this.folder);
    return names
      .filter((name) => name.endsWith(SUFFIX) && !isTemporaryName(name))
      .map((name) => Number(name.slice(0, -SUFFIX.length)))
      .sort((a, b) => a - b);
  }

  /** The bytes of one episode, for decodeRecord. */
  async readStaged(index: number): Promise<Uint8Array> {
    return readFile(this.#path(index));
  }

  /** Forgets episodes whose shard is written. */
  async dropStaged(indices: readonly number[]): Promise<void> {
    for (const index of indices) await this.#disk.remove(this.#path(index));
  }

  #path(index: number): string {
    return join(this.folder, `${String(index).padStart(7, '0')}${SUFFIX}`);
  }
}
