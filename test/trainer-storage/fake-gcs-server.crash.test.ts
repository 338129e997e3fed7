/**
 * The store against somebody else's idea of the API: fsouza/fake-gcs-server, without faults, which it does not have.
 * Runs where `node scripts/fake-gcs.ts` has built it. Its answer to a status query finishes the object, so no upload is
 * cut here.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeGcsServerPath } from '../../scripts/fake-gcs.ts';
import type { ObjectStore } from '../../trainer/launch/storage/object-store.ts';
import { readBytes } from '../../trainer/launch/storage/object-store.ts';
import { openStore } from '../../trainer/launch/storage/open-store.ts';
import { probeStore } from '../../trainer/launch/storage/probe.ts';
import { type FakeGcsServer, startFakeGcsServer } from '../fakes/fake-gcs-server.ts';

describe.runIf(existsSync(fakeGcsServerPath()))('fake-gcs-server', () => {
  let server: FakeGcsServer;
  let store: ObjectStore;
  let folder: string;
  beforeAll(async () => {
    server = await startFakeGcsServer('ralph');
    store = openStore('gs://ralph/runs/a', { gcsEndpoint: server.url });
    folder = mkdtempSync(join(tmpdir(), 'brickyard-fake-gcs-'));
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  it('takes, lists, gives and forgets objects', async () => {
    await store.write('a/b.json', Buffer.from('{}'), { ifAbsent: true });
    expect((await store.list('a/')).map(({ path, bytes }) => [path, bytes])).toEqual([['a/b.json', 2]]);
    expect((await readBytes(store, 'a/b.json')).toString()).toBe('{}');
    const again = store.write('a/b.json', Buffer.from('[]'), { ifAbsent: true });
    await expect(again).rejects.toMatchObject({ fault: 'conflict' });
    await store.delete('a/b.json');
    expect(await store.stat('a/b.json')).toBeNull();
  });

  it('replaces only what was seen', async () => {
    const { generation } = await store.write('best.json', Buffer.from('1'));
    await store.write('best.json', Buffer.from('2'), { ifGeneration: generation });
    const stale = store.write('best.json', Buffer.from('3'), { ifGeneration: generation });
    await expect(stale).rejects.toMatchObject({ fault: 'conflict' });
    expect((await readBytes(store, 'best.json')).toString()).toBe('2');
  });

  it('takes a large object by a session and gives its end', async () => {
    const content = randomBytes(3_000_000);
    writeFileSync(join(folder, 'weights'), content);
    await store.write('weights', { file: join(folder, 'weights') }, { ifAbsent: true });
    expect((await readBytes(store, 'weights')).equals(content)).toBe(true);
    const parts: Buffer[] = [];
    for await (const part of await store.read('weights', { fromByte: 2_999_990 })) parts.push(part as Buffer);
    expect(Buffer.concat(parts).equals(content.subarray(2_999_990))).toBe(true);
  });

  it('passes the probe', async () => {
    expect(await probeStore(store)).toEqual({ ok: true });
  });
});
