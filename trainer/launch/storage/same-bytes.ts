/** Whether an object in a store has the bytes at hand, by what the store says of it, else by reading it. */
import { createHash, type Hash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { sourceStream } from './folder-store.ts';
import type { ObjectInfo, ObjectSource, ObjectStore } from './object-store.ts';

export async function hasBytesOf(
  store: Pick<ObjectStore, 'read'>,
  info: ObjectInfo,
  source: ObjectSource,
): Promise<boolean> {
  if ((await sizeOf(source)) !== info.bytes) return false;
  const digest = info.digest ?? (await digestOf('sha256', info.bytes, await store.read(info.path)));
  return (await digestOfSource(digest.split(':')[0], source)) === digest;
}

/** @param kind md5, sha256, or git, whose id of a blob is the sha1 of its length and bytes */
export async function digestOfSource(kind: string, source: ObjectSource): Promise<string> {
  return digestOf(kind, await sizeOf(source), sourceStream(source));
}

export async function sizeOf(source: ObjectSource): Promise<number> {
  return source instanceof Uint8Array ? source.length : (await stat(source.file)).size;
}

async function digestOf(kind: string, bytes: number, chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash: Hash = kind === 'git' ? createHash('sha1').update(`blob ${bytes}\0`) : createHash(kind);
  for await (const chunk of chunks) hash.update(chunk);
  return `${kind}:${hash.digest('hex')}`;
}
