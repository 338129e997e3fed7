/** Google Cloud Storage by its JSON API (https://cloud.google.com/storage/docs/json_api). */
import type { Readable } from 'node:stream';
import { StoreError } from '../remote/ports.ts';
import { type GcsAccess, GcsConnection } from './gcs-connection.ts';
import { measured, type UploadedObject, upload } from './gcs-upload.ts';
import { bodyOf, streamOf } from './http-exchange.ts';
import {
  type ObjectEntry,
  type ObjectInfo,
  type ObjectSource,
  type ObjectStore,
  objectPath,
  type WriteOptions,
  writeInOrder,
} from './object-store.ts';
import { retried, TransientFault } from './retry.ts';

interface GcsObject extends UploadedObject {
  name: string;
}

export class GcsStore implements ObjectStore {
  readonly url: string;
  readonly connection: GcsConnection;
  /** Ends in a slash, or is empty. */
  private readonly prefix: string;

  constructor({ prefix, ...access }: GcsAccess & { prefix: string }) {
    this.connection = new GcsConnection(access);
    this.prefix = prefix === '' ? '' : `${prefix}/`;
    this.url = `gs://${access.bucket}${prefix && `/${prefix}`}`;
  }

  async list(prefix: string): Promise<ObjectInfo[]> {
    const found: ObjectInfo[] = [];
    for (let pageToken: string | undefined; ; ) {
      const url = this.connection.url(`/storage/v1/b/${this.connection.bucket}/o`, {
        prefix: `${this.prefix}${prefix}`,
        fields: 'nextPageToken,items(name,size,generation,md5Hash)',
        pageToken,
      });
      const page = await this.json<{ items?: GcsObject[]; nextPageToken?: string }>(url);
      // Folders that the console makes are objects whose names end in a slash.
      const objects = (page.items ?? []).filter(({ name }) => !name.endsWith('/'));
      found.push(...objects.map((object) => this.info(object)));
      pageToken = page.nextPageToken;
      if (pageToken === undefined) return found.sort((a, b) => (a.path < b.path ? -1 : 1));
    }
  }

  async stat(path: string): Promise<ObjectInfo | null> {
    const url = this.connection.objectUrl(this.name(path), { fields: 'name,size,generation,md5Hash' });
    try {
      return this.info(await this.json<GcsObject>(url));
    } catch (error) {
      if (error instanceof StoreError && error.fault === 'not-found') return null;
      throw error;
    }
  }

  async read(path: string, { fromByte = 0 } = {}): Promise<Readable> {
    const url = this.connection.objectUrl(this.name(path), { alt: 'media' });
    const headers: Record<string, string> = fromByte > 0 ? { range: `bytes=${fromByte}-` } : {};
    // 416: nothing is left from there on.
    const answer = await this.connection.request({ method: 'GET', url, headers }, [200, 206, 416]);
    if (fromByte > 0 && answer.status === 200)
      throw new StoreError('permission', `${this.url} does not send parts of objects`);
    if (answer.status === 416) await bodyOf(answer);
    return streamOf(answer);
  }

  async write(path: string, source: ObjectSource, options: WriteOptions = {}): Promise<ObjectInfo> {
    const name = this.name(path);
    const { bytes, md5 } = await measured(source);
    const generation = options.ifAbsent ? '0' : (options.ifGeneration ?? (await this.generationOf(path)));
    try {
      const made = await upload(this.connection, {
        name,
        source,
        bytes,
        md5,
        generation,
        onSent: options.onSent,
      });
      const info = this.info({ ...made, name });
      if (info.bytes === bytes && (info.digest === null || info.digest === `md5:${md5}`)) return info;
    } catch (error) {
      if (!(error instanceof StoreError) || error.fault !== 'conflict') throw error;
      // A write whose answer was lost meets its own object when it is tried again.
      const there = await this.stat(path);
      if (there?.bytes === bytes && there.digest === `md5:${md5}`) return there;
      throw error;
    }
    throw new TransientFault(`${this.url}/${path} arrived with other bytes than were sent`);
  }

  writeAll(entries: readonly ObjectEntry[], options?: WriteOptions): Promise<void> {
    return writeInOrder(this, entries, options);
  }

  async delete(path: string, { ifGeneration }: { ifGeneration?: string } = {}): Promise<void> {
    const url = this.connection.objectUrl(this.name(path), { ifGenerationMatch: ifGeneration });
    try {
      await bodyOf(await this.connection.request({ method: 'DELETE', url }, [200, 204]));
    } catch (error) {
      if (!(error instanceof StoreError) || error.fault !== 'not-found') throw error;
    }
  }

  async deleteAll(paths: readonly string[]): Promise<void> {
    for (const path of paths) await this.delete(path);
  }

  /** Without a precondition two writers would overwrite each other unseen, and no try could be repeated. */
  private async generationOf(path: string): Promise<string> {
    return (await this.stat(path))?.generation ?? '0';
  }

  private async json<T>(url: string): Promise<T> {
    return retried(this.connection.retry, async () => {
      const answer = await this.connection.once({ method: 'GET', url }, [200]);
      return JSON.parse((await bodyOf(answer)).toString('utf8'));
    });
  }

  private info({ name, size, generation, md5Hash }: GcsObject): ObjectInfo {
    return {
      path: name.slice(this.prefix.length),
      bytes: Number(size),
      generation,
      // Google keeps none of composed objects, which we never make.
      digest: md5Hash === undefined ? null : `md5:${Buffer.from(md5Hash, 'base64').toString('hex')}`,
    };
  }

  private name(path: string): string {
    return `${this.prefix}${objectPath(path)}`;
  }
}
