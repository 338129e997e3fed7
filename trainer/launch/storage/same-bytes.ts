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
  const bytes = source instanceof Uint8Array ? source.length : (await stat(source.file)).size;
  if (bytes !== info.bytes) return false;
  const [kind, expected] = (info.digest ?? 'sha256:').split(':');
  const found = await digestOf(hasher(kind, bytes), sourceStream(source));
  return found === (expected || (await digestOf(createHash('sha256'), await store.read(info.path))));
}

/** git names a blob by the sha1 of its length and bytes. */
function hasher(kind: string, bytes: number): Hash {
  return kind === 'git' ? createHash('sha1').update(`blob ${bytes}\0`) : createHash(kind);
}

async function digestOf(hash: Hash, chunks: AsyncIterable<Uint8Array>): Promise<string> {
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
