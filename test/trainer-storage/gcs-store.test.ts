/** The bucket store against a server that refuses, forgets, cuts and loses answers. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GcsStore } from '../../trainer/launch/storage/gcs-store.ts';
import type { TokenSource } from '../../trainer/launch/storage/google-token.ts';
import { readBytes } from '../../trainer/launch/storage/object-store.ts';
import { DEFAULT_RETRY } from '../../trainer/launch/storage/retry.ts';
import { uploadSessionsOnDisk } from '../../trainer/launch/storage/upload-sessions.ts';
import { type GcsFault, type GcsRequest, GcsServer } from '../fakes/gcs-server.ts';

const MIB = 1 << 20;
const CUT_AT = 1_700_000;
let server: GcsServer;
let folder: string;
let waits: number[];

beforeEach(async () => {
  server = await GcsServer.start();
  folder = mkdtempSync(join(tmpdir(), 'brickyard-gcs-'));
  waits = [];
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function openStore(token: TokenSource = { token: async () => null }): GcsStore {
  const wait = async (durationMs: number) => void waits.push(durationMs);
  const retry = { ...DEFAULT_RETRY, wait, random: () => 0 };
  return new GcsStore({ bucket: 'ralph', prefix: 'runs/a', endpoint: server.url, token, retry });
}

/** The faults in this order, each at the next request that `kinds` names. */
function plant(kinds: GcsRequest['kind'] | 'any', ...faults: GcsFault[]): void {
  server.options.fault = ({ kind }) => (kinds === 'any' || kind === kinds ? faults.shift() : undefined);
}

function file(bytes: number): { file: string; content: Buffer } {
  const content = randomBytes(bytes);
  const path = join(folder, 'weights');
  writeFileSync(path, content);
  return { file: path, content };
}

describe('small objects', () => {
  it('are written, listed page by page, read and deleted', async () => {
    const store = openStore();
    server.options.pageSize = 2;
    for (const name of ['b', 'a', 'c/d', 'c/e', 'f']) await store.write(name, Buffer.from(name));
    server.put('runs/ab', Buffer.from('of another run'));
    expect((await store.list('')).map(({ path }) => path)).toEqual(['a', 'b', 'c/d', 'c/e', 'f']);
    expect((await store.list('c/')).map(({ path }) => path)).toEqual(['c/d', 'c/e']);
    expect((await readBytes(store, 'c/d')).toString()).toBe('c/d');
    await store.delete('c/d');
    await store.delete('c/d');
    expect(await store.stat('c/d')).toBeNull();
  });

  it.each<[string, GcsFault]>([
    ['a busy server', { kind: 'status', status: 503 }],
    ['a rate limit', { kind: 'status', status: 429, retryAfterS: 2 }],
    ['a rate limit that says 403', { kind: 'status', status: 403, reason: 'rateLimitExceeded' }],
    ['a cut before', { kind: 'cut-before' }],
    ['a cut in the middle', { kind: 'cut-upload', afterBytes: 10 }],
    ['a lost answer', { kind: 'cut-after' }],
  ])('survive %s', async (_, fault) => {
    plant('insert', fault, fault);
    const store = openStore();
    expect(await store.write('a', Buffer.from('whole'), { ifAbsent: true })).toMatchObject({ bytes: 5 });
    expect(server.objects.get('runs/a/a')?.bytes.toString()).toBe('whole');
  });

  it('wait at least as long as the server says', async () => {
    plant('insert', { kind: 'status', status: 429, retryAfterS: 9 });
    await openStore().write('a', Buffer.from('x'));
    expect(waits).toEqual([9000]);
  });

  it('give up in the end, with the host in the message', async () => {
    server.options.fault = () => ({ kind: 'status', status: 503 });
    const refused = openStore().write('a', Buffer.from('x'), { ifAbsent: true });
    await expect(refused).rejects.toMatchObject({
      fault: 'transient',
      message: expect.stringMatching(/gs:\/\/ralph is busy \(503/),
    });
    expect(waits).toHaveLength(DEFAULT_RETRY.tries - 1);
  });

  it('are created once only', async () => {
    const store = openStore();
    await store.write('a', Buffer.from('first'), { ifAbsent: true });
    const second = store.write('a', Buffer.from('other'), { ifAbsent: true });
    await expect(second).rejects.toMatchObject({ fault: 'conflict' });
    expect((await readBytes(store, 'a')).toString()).toBe('first');
  });

  it('are replaced and deleted only as they were seen', async () => {
    const store = openStore();
    const { generation: ifGeneration } = await store.write('a', Buffer.from('1'));
    server.put('runs/a/a', Buffer.from('2'));
    await expect(store.write('a', Buffer.from('3'), { ifGeneration })).rejects.toMatchObject({
      fault: 'conflict',
    });
    await expect(store.delete('a', { ifGeneration })).rejects.toMatchObject({ fault: 'conflict' });
    expect((await readBytes(store, 'a')).toString()).toBe('2');
  });

  it('name what is missing where access is refused, and try nothing again', async () => {
    plant('any', { kind: 'status', status: 403, reason: 'forbidden' });
    const refused = openStore().write('a', Buffer.from('x'), { ifAbsent: true });
    await expect(refused).rejects.toMatchObject({
      fault: 'permission',
      message: expect.stringMatching(/storage\.objectAdmin.*cloud-platform/),
    });
    expect(waits).toEqual([]);
  });
});

describe('the login', () => {
  it('is renewed once when it is refused', async () => {
    const asked: boolean[] = [];
    const token = async (fresh = false) => {
      asked.push(fresh);
      return fresh ? 'new' : 'old';
    };
    server.options.isToken = (value) => value === 'new';
    await openStore({ token }).write('a', Buffer.from('x'), { ifAbsent: true });
    expect(asked).toEqual([false, true]);
  });

  it('is a fault of its own when the new one is refused too', async () => {
    server.options.isToken = () => false;
    const refused = openStore({ token: async () => 'old' }).list('');
    await expect(refused).rejects.toMatchObject({ fault: 'credentials' });
    expect(server.requests).toHaveLength(2);
  });
});

describe('large uploads', () => {
  it('send only what is missing after a cut', async () => {
    const { file: path, content } = file(3 * MIB + 123);
    plant('piece', { kind: 'cut-upload', afterBytes: CUT_AT });
    let sent = 0;
    await openStore().write('w', { file: path }, { onSent: (bytes) => (sent += bytes) });
    expect(server.objects.get('runs/a/w')?.bytes.equals(content)).toBe(true);
    // Of what had arrived whole pieces of 256 KiB were kept; the rest came twice.
    expect(server.uploadedBytes - content.length).toBe(CUT_AT - 1.5 * MIB);
    expect(sent).toBeGreaterThanOrEqual(content.length);
  });

  it.each<[string, GcsRequest['kind'] | 'any', GcsFault[]]>([
    ['cuts at every stage', 'any', [{ kind: 'cut-before' }, { kind: 'cut-before' }, { kind: 'cut-before' }]],
    ['a lost answer to the last piece', 'piece', [{ kind: 'cut-after' }]],
    ['a lost answer to the beginning', 'begin', [{ kind: 'cut-after' }]],
    ['a busy server', 'piece', [{ kind: 'status', status: 503 }]],
    ['a question that is not answered', 'how-far', [{ kind: 'cut-before' }, { kind: 'status', status: 502 }]],
    ['a session that is forgotten', 'piece', [{ kind: 'forget-sessions' }]],
  ])('survive %s', async (_, kind, faults) => {
    const { file: path, content } = file(1.5 * MIB);
    if (kind === 'how-far') {
      let first = true;
      server.options.fault = (request) => {
        if (request.kind === 'piece' && first) {
          first = false;
          return { kind: 'cut-upload', afterBytes: MIB };
        }
        return request.kind === 'how-far' ? faults.shift() : undefined;
      };
    } else plant(kind, ...faults);
    await openStore().write('w', { file: path }, { ifAbsent: true });
    expect(server.objects.get('runs/a/w')?.bytes.equals(content)).toBe(true);
  });

  it('do not give up as long as bytes arrive', async () => {
    const { file: path, content } = file(4 * MIB);
    let cuts = 0;
    server.options.fault = ({ kind }) =>
      kind === 'piece' && ++cuts < 10 ? { kind: 'cut-upload', afterBytes: 0.3 * MIB } : undefined;
    await openStore().write('w', { file: path });
    expect(server.objects.get('runs/a/w')?.bytes.equals(content)).toBe(true);
  });

  it('go on in another process where a killed one stopped', async () => {
    const { file: path, content } = file(3 * MIB);
    const sessions = uploadSessionsOnDisk(join(folder, 'sessions'));
    const open = () =>
      new GcsStore({
        bucket: 'ralph',
        prefix: 'runs/a',
        endpoint: server.url,
        token: { token: async () => null },
        retry: { ...DEFAULT_RETRY, tries: 1 },
        sessions,
      });
    plant('piece', { kind: 'cut-upload', afterBytes: 2 * MIB });
    await expect(open().write('w', { file: path })).rejects.toMatchObject({ fault: 'transient' });
    const [remembered] = readdirSync(join(folder, 'sessions'));
    expect(statSync(join(folder, 'sessions', remembered)).mode & 0o777).toBe(0o600);
    await open().write('w', { file: path });
    expect(server.objects.get('runs/a/w')?.bytes.equals(content)).toBe(true);
    expect(server.uploadedBytes).toBe(content.length);
    expect(readdirSync(join(folder, 'sessions'))).toEqual([]);
    // Other bytes of the same name are another upload.
    plant('piece', { kind: 'cut-upload', afterBytes: 2 * MIB });
    await expect(open().write('v', { file: path })).rejects.toMatchObject({ fault: 'transient' });
    const other = file(3 * MIB);
    await open().write('v', { file: other.file });
    expect(server.objects.get('runs/a/v')?.bytes.equals(other.content)).toBe(true);
  });

  it('never show the address of their session', async () => {
    const { file: path } = file(1.5 * MIB);
    server.options.fault = ({ kind }) => (kind === 'piece' ? { kind: 'status', status: 503 } : undefined);
    const refused = await openStore()
      .write('w', { file: path })
      .catch((error: Error) => error);
    expect((refused as Error).message).not.toMatch(/upload_id|uploadType/);
  });
});
