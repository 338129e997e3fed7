/** A repository of the Hugging Face Hub. `writeAll` and `deleteAll` are one commit each, for the Hub counts them. */
import type { Readable } from 'node:stream';
import { StoreError } from '../remote/ports.ts';
import { bodyOf, streamOf } from './http-exchange.ts';
import { commit, createRepository, type HubChange, headOf, REVISION } from './hub-commit.ts';
import { type HubAccess, HubConnection } from './hub-connection.ts';
import {
  type ObjectEntry,
  type ObjectInfo,
  type ObjectSource,
  type ObjectStore,
  objectPath,
  type WriteOptions,
} from './object-store.ts';
import { retried } from './retry.ts';
import { hasBytesOf } from './same-bytes.ts';

interface TreeEntry {
  type: string;
  path: string;
  size: number;
  /** Of the blob, in git. */
  oid: string;
  /** `oid` is the sha256. */
  lfs?: { oid: string; size: number };
}

export class HubStore implements ObjectStore {
  readonly url: string;
  readonly connection: HubConnection;
  /** Ends in a slash, or is empty. */
  private readonly prefix: string;

  constructor({ prefix, ...access }: HubAccess & { prefix: string }) {
    this.connection = new HubConnection(access);
    this.prefix = prefix === '' ? '' : `${prefix}/`;
    this.url = `${this.connection.url}${prefix && `/${prefix}`}`;
  }

  async list(prefix: string): Promise<ObjectInfo[]> {
    const whole = `${this.prefix}${prefix}`;
    const folder = whole.slice(0, whole.lastIndexOf('/') + 1).replace(/\/$/, '');
    const found: TreeEntry[] = [];
    let url: string | undefined = this.connection.api(
      `tree/${REVISION}${folder && `/${encoded(folder)}`}?recursive=true`,
    );
    while (url !== undefined) {
      const entries = await this.page(url);
      if (entries === undefined) return [];
      found.push(...entries.value);
      url = /<([^>]+)>;\s*rel="next"/.exec(`${entries.answer.headers.link ?? ''}`)?.[1];
    }
    return found
      .filter(({ type, path }) => type === 'file' && path.startsWith(whole))
      .map((entry) => this.info(entry))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async stat(path: string): Promise<ObjectInfo | null> {
    const { value } = await this.connection.post<TreeEntry[]>(this.connection.api(`paths-info/${REVISION}`), {
      paths: [this.name(path)],
      expand: false,
    });
    const entry = value.find(({ type }) => type === 'file');
    return entry ? this.info(entry) : null;
  }

  async read(path: string, { fromByte = 0 } = {}): Promise<Readable> {
    const url = this.connection.files(`/resolve/${REVISION}/${encoded(this.name(path))}`);
    const headers: Record<string, string> = fromByte > 0 ? { range: `bytes=${fromByte}-` } : {};
    const answer = await this.connection.request({ method: 'GET', url, headers }, [200, 206, 416]);
    if (fromByte > 0 && answer.status === 200)
      throw new StoreError('permission', `${this.url} does not send parts of files`);
    if (answer.status === 416) await bodyOf(answer);
    return streamOf(answer);
  }

  async write(path: string, source: ObjectSource, options: WriteOptions = {}): Promise<ObjectInfo> {
    await this.inRepository(() => this.commitOnce([{ path, source }], options));
    return (await this.stat(path))!;
  }

  async writeAll(entries: readonly ObjectEntry[], options: WriteOptions = {}): Promise<void> {
    if (entries.length > 0) await this.inRepository(() => this.commitOnce(entries, options));
  }

  async delete(path: string, { ifGeneration }: { ifGeneration?: string } = {}): Promise<void> {
    const found = await this.stat(path);
    if (found === null) return;
    if (ifGeneration !== undefined && found.generation !== ifGeneration) throw changed(`${this.url}/${path}`);
    await this.deleteAll([path]);
  }

  async deleteAll(paths: readonly string[]): Promise<void> {
    await retried(this.connection.retry, async () => {
      const there = await Promise.all(paths.map((path) => this.stat(path)));
      const remove = paths.filter((_, i) => there[i] !== null).map((path) => this.name(path));
      if (remove.length === 0) return;
      await this.commit({ summary: `Remove ${named(paths)}`, write: [], remove });
    });
  }

  /** The last entry is the one that `options` are about. */
  private async commitOnce(entries: readonly ObjectEntry[], options: WriteOptions): Promise<void> {
    const last = entries.at(-1)!;
    const isConditional = options.ifAbsent || options.ifGeneration !== undefined;
    await retried(this.connection.retry, async (failures) => {
      // What the condition is judged on must still be the newest when the commit is made.
      const parent = isConditional ? await headOf(this.connection) : undefined;
      const there = isConditional || failures > 0 ? await this.stat(last.path) : null;
      // By an earlier try, whose answer was lost. A commit has all of its files or none.
      if (there && failures > 0 && (await hasBytesOf(this, there, last.source))) return;
      if (options.ifAbsent && there)
        throw new StoreError('conflict', `${this.url}/${last.path} is there already`);
      if (options.ifGeneration !== undefined && there?.generation !== options.ifGeneration)
        throw changed(`${this.url}/${last.path}`);
      await this.commit({
        summary: `Write ${named(entries.map(({ path }) => path))}`,
        write: entries.map(({ path, source }) => ({ path: this.name(path), source })),
        remove: [],
        parent,
        onSent: options.onSent,
      });
    });
  }

  private commit(change: HubChange): Promise<void> {
    return commit(this.connection, change);
  }

  /** In a repository that is made, private, where there is none. */
  private async inRepository<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof StoreError) || error.fault !== 'not-found') throw error;
      await createRepository(this.connection);
      return await action();
    }
  }

  private async page(url: string) {
    const page = await this.connection.json<TreeEntry[]>({ method: 'GET', url }, [200, 404]);
    // A folder without files is not there, and neither need the repository be: the first write makes it.
    return page.answer.status === 200 ? page : undefined;
  }

  private info({ path, size, oid, lfs }: TreeEntry): ObjectInfo {
    return {
      path: path.slice(this.prefix.length),
      bytes: size,
      generation: lfs?.oid ?? oid,
      digest: lfs ? `sha256:${lfs.oid}` : `git:${oid}`,
    };
  }

  private name(path: string): string {
    return `${this.prefix}${objectPath(path)}`;
  }
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function named(paths: readonly string[]): string {
  return paths.length === 1 ? paths[0] : `${paths.at(-1)} and ${paths.length - 1} more`;
}

function changed(what: string): StoreError {
  return new StoreError('conflict', `${what} was changed by somebody else`);
}
