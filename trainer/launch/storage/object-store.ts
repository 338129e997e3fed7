/**
 * Storage as the rest sees it: objects by path below one URL, whatever holds them. The Python twin, which the host of
 * a training uses, is trainer/brickyard_trainer/publishing/store.py.
 *
 * All methods throw StoreError (../remote/ports.ts) and have tried transient faults again themselves. A request may
 * have been carried out although its answer was lost; a write whose bytes are then found in place has succeeded.
 */
import type { Readable } from 'node:stream';
import { InputError } from '../../../sim/errors.ts';
import { DEFAULT_RETRY, retried } from './retry.ts';

export interface ObjectInfo {
  /** Relative to the store's URL, with forward slashes. */
  path: string;
  bytes: number;
  /** Changes with every write of this path; what `ifGeneration` compares. */
  generation: string;
  /** md5:HEX, sha256:HEX or git:HEX, the id of a git blob; null where the store keeps none. */
  digest: string | null;
}

/** Bytes at hand, or a file that does not change while it is sent. */
export type ObjectSource = Uint8Array | { file: string };

export interface ObjectEntry {
  path: string;
  source: ObjectSource;
}

export interface WriteOptions {
  /** Fails with `conflict` when something is there. */
  ifAbsent?: boolean;
  /** Fails with `conflict` unless this generation is there. */
  ifGeneration?: string;
  /** Bytes that went out just now, those that are sent again included. */
  onSent?(bytes: number): void;
}

export interface ObjectStore {
  /** As the user wrote it; holds no secret. */
  readonly url: string;
  /** Whose path begins with `prefix`, by path. */
  list(prefix: string): Promise<ObjectInfo[]>;
  /** Null when there is none. */
  stat(path: string): Promise<ObjectInfo | null>;
  /** The stream ends with a StoreError when the connection breaks: go on with `fromByte`. */
  read(path: string, options?: { fromByte?: number }): Promise<Readable>;
  write(path: string, source: ObjectSource, options?: WriteOptions): Promise<ObjectInfo>;
  /**
   * All of them, the last one last, replacing what is there; in one commit where the store has commits. A reader that
   * sees the last one sees all. With `ifAbsent` the last one fails with `conflict` when it is there already.
   */
  writeAll(entries: readonly ObjectEntry[], options?: WriteOptions): Promise<void>;
  /** Of what is not there: nothing to do. */
  delete(path: string, options?: { ifGeneration?: string }): Promise<void>;
  /** In this order; in one commit where the store has commits. */
  deleteAll(paths: readonly string[]): Promise<void>;
}

/** So many objects are under way at once: small ones wait for answers, not for bytes. */
const AT_ONCE = 4;

/** `writeAll` of a store that writes one object at a time. */
export async function writeInOrder(
  store: Pick<ObjectStore, 'write'>,
  entries: readonly ObjectEntry[],
  { ifAbsent, ...options }: WriteOptions = {},
): Promise<void> {
  const waiting = entries.slice(0, -1);
  const writeNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      await store.write(next.path, next.source, options);
  };
  const lanes = await Promise.allSettled(Array.from({ length: AT_ONCE }, writeNext));
  // Only when nothing is under way any more: what the others brought counts for the next call.
  for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
  const last = entries.at(-1);
  if (last) await store.write(last.path, last.source, { ...options, ifAbsent });
}

/** @throws InputError for a path that leads out of the store or that some store could not hold */
export function objectPath(path: string): string {
  const parts = path.split('/');
  const isPlain = parts.every((part) => part !== '' && part !== '.' && part !== '..');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (isPlain && !/[\u0000-\u001f\u007f\\]/.test(path) && path.length <= 900) return path;
  throw new InputError(
    `"${path}" is no path of an object: names joined by single slashes, no "..", at most 900 characters`,
  );
}

/** The whole object, which is expected to be small: from its beginning again when the connection breaks. */
export function readBytes(store: ObjectStore, path: string): Promise<Buffer> {
  return retried(DEFAULT_RETRY, async () => {
    const parts: Buffer[] = [];
    for await (const part of await store.read(path)) parts.push(part as Buffer);
    return Buffer.concat(parts);
  });
}

/** @returns undefined when there is no such object */
export async function readTextIfThere(store: ObjectStore, path: string): Promise<string | undefined> {
  if ((await store.stat(path)) === null) return undefined;
  return (await readBytes(store, path)).toString('utf8');
}
