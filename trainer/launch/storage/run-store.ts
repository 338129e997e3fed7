/** What storage holds of one run, and how its checkpoints come here. */
import { join } from 'node:path';
import { type PublishedCheckpoint, type RunStore, StoreError } from '../remote/ports.ts';
import {
  BEST_NAME,
  BEST_POINTER,
  CHECKPOINTS,
  type CheckpointManifest,
  manifestPath,
  nameInManifestPath,
  parseManifest,
  sha256Of,
} from './checkpoint-manifest.ts';
import { type ObjectStore, readTextIfThere } from './object-store.ts';
import { type DownloadOptions, downloadFolder } from './verified-download.ts';

export interface StoredCheckpoint extends PublishedCheckpoint {
  name: string;
  manifest: CheckpointManifest;
}

export class StoredRun implements RunStore {
  readonly store: ObjectStore;
  /** Manifests never change, so one that was read is known. By path and generation. */
  private readonly known = new Map<string, StoredCheckpoint>();

  /** @param store at `<--out URL>/<run id>` */
  constructor(store: ObjectStore) {
    this.store = store;
  }

  /** One whose manifest cannot be understood is not there. */
  async checkpoints(): Promise<StoredCheckpoint[]> {
    const objects = await this.store.list(CHECKPOINTS);
    const manifests = objects.filter(({ path }) => nameInManifestPath(path) !== undefined);
    const found: StoredCheckpoint[] = [];
    for (const { path, generation } of manifests) {
      const key = `${path} ${generation}`;
      const checkpoint = this.known.get(key) ?? (await this.readManifest(path));
      if (checkpoint === undefined) continue;
      this.known.set(key, checkpoint);
      found.push(checkpoint);
    }
    return found.sort((a, b) => a.step - b.step);
  }

  /** Undefined when none is whole. */
  async newest(): Promise<StoredCheckpoint | undefined> {
    return (await this.checkpoints()).at(-1);
  }

  /** The name that best.json says; undefined before there is one. */
  async best(): Promise<StoredCheckpoint | undefined> {
    const text = await readTextIfThere(this.store, BEST_POINTER);
    if (text === undefined) return undefined;
    const { name } = JSON.parse(text) as { name?: string };
    return (await this.checkpoints()).find((checkpoint) => checkpoint.name === name);
  }

  /**
   * Brings one to `into`/NAME, every file compared with the manifest's sha256; what is there already is not fetched.
   * `name` may be act_best.
   * @returns its folder
   * @throws StoreError `not-found`, `damaged`
   */
  async fetch(name: string, into: string, options: DownloadOptions = {}): Promise<string> {
    const all = await this.checkpoints();
    const wanted = name === BEST_NAME ? await this.best() : all.find((one) => one.name === name);
    if (!wanted)
      throw new StoreError(
        'not-found',
        `${this.store.url} has no checkpoint ${name}; it has ${all.map((one) => one.name).join(', ') || 'none'}`,
      );
    const folder = join(into, wanted.name);
    await downloadFolder({
      store: this.store,
      prefix: `${CHECKPOINTS}${wanted.name}/`,
      files: wanted.manifest.files.map((file) => ({ ...file, digest: `sha256:${file.sha256}` })),
      folder,
      ...options,
    });
    return folder;
  }

  private async readManifest(path: string): Promise<StoredCheckpoint | undefined> {
    try {
      const text = await readTextIfThere(this.store, path);
      if (text === undefined) return undefined; // deleted meanwhile
      const manifest = parseManifest(text, `${this.store.url}/${path}`);
      if (manifestPath(manifest.name) !== path) return undefined;
      const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
      const { name, step, validation_loss: validationLoss } = manifest;
      return { name, step, bytes, sha256: sha256Of(text), validationLoss, manifest };
    } catch (error) {
      if (error instanceof StoreError && ['damaged', 'not-found'].includes(error.fault)) return undefined;
      throw error;
    }
  }
}
