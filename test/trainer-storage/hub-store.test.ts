/** The Hub store against a server that loses answers, is busy, and takes other people's commits in between. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { uploadDataset } from '../../trainer/launch/storage/dataset-transfer.ts';
import { HubStore } from '../../trainer/launch/storage/hub-store.ts';
import { readBytes } from '../../trainer/launch/storage/object-store.ts';
import { openStore } from '../../trainer/launch/storage/open-store.ts';
import { pushPolicy } from '../../trainer/launch/storage/publish-policy.ts';
import { DEFAULT_RETRY } from '../../trainer/launch/storage/retry.ts';
import { type HubFault, type HubRequest, HubServer } from '../fakes/hub-server.ts';

const TINY_POLICY = join(import.meta.dirname, '../fixtures/tiny-policy');
let server: HubServer;
let folder: string;

beforeEach(async () => {
  server = await HubServer.start({ token: 'hf_test' });
  folder = mkdtempSync(join(tmpdir(), 'brickyard-hub-'));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function open(prefix = 'run', token = 'hf_test'): HubStore {
  return openAs('model', prefix, token);
}

function openAs(repoType: 'model' | 'dataset', prefix: string, token = 'hf_test'): HubStore {
  const retry = { ...DEFAULT_RETRY, wait: async () => {} };
  return new HubStore({ repoType, repo: 'owner/name', prefix, endpoint: server.url, token, retry });
}

function plant(kind: HubRequest['kind'], ...faults: HubFault[]): void {
  server.options.fault = (request) => (request.kind === kind ? faults.shift() : undefined);
}

const ENTRIES = [
  { path: 'c/model.safetensors', source: Buffer.from('weights') },
  { path: 'c/manifest.json', source: Buffer.from('{}') },
];

describe('a dataset', () => {
  it('carries the tag of its format, which LeRobotDataset asks for, also when the answer to it was lost', async () => {
    mkdirSync(join(folder, 'meta'));
    writeFileSync(join(folder, 'meta/info.json'), '{"codebase_version":"v3.0"}');
    const store = openAs('dataset', '');
    plant('tag', { kind: 'cut-after' });
    await uploadDataset(folder, store);
    expect([...server.tags]).toEqual([['v3.0', server.commits.length - 1]]);
    expect((await uploadDataset(folder, store)).wasThere).toBe(true);
  });
});

describe('a repository', () => {
  it('holds what was written, in one commit, and loses it in one', async () => {
    const store = open();
    await store.writeAll(ENTRIES, { ifAbsent: true });
    expect(server.commits).toHaveLength(2);
    expect((await store.list('c/')).map(({ path, bytes }) => [path, bytes])).toEqual([
      ['c/manifest.json', 2],
      ['c/model.safetensors', 7],
    ]);
    expect((await readBytes(store, 'c/model.safetensors')).toString()).toBe('weights');
    await store.deleteAll(['c/manifest.json', 'c/model.safetensors', 'c/gone']);
    expect(server.commits).toHaveLength(3);
    expect(await store.list('')).toEqual([]);
  });

  it('gives no other host the login', async () => {
    const store = open();
    await store.writeAll(ENTRIES);
    await readBytes(store, 'c/model.safetensors');
    expect(server.requests.some(({ kind }) => kind === 'cdn')).toBe(true);
    expect(server.leakedToken).toBe(false);
  });

  it.each<[string, HubRequest['kind'], HubFault[]]>([
    ['a commit whose answer is lost', 'commit', [{ kind: 'cut-after' }]],
    ['a commit that is cut', 'commit', [{ kind: 'cut-before' }]],
    ['a busy server', 'commit', [{ kind: 'status', status: 503 }]],
    ['a rate limit', 'preupload', [{ kind: 'status', status: 429 }]],
    ['an upload that is cut', 'lfs', [{ kind: 'cut-before' }]],
    ['an upload whose answer is lost', 'lfs', [{ kind: 'cut-after' }]],
    ['an address that has expired', 'lfs', [{ kind: 'status', status: 403 }]],
  ])('survives %s', async (_, kind, faults) => {
    plant(kind, ...faults);
    await open().writeAll(ENTRIES, { ifAbsent: true });
    expect(server.commits).toHaveLength(2);
    expect(server.files.get('run/c/model.safetensors')?.bytes.toString()).toBe('weights');
    expect(server.uploadedBytes).toBe('weights'.length);
  });

  it('is written once only, also when somebody commits in between', async () => {
    let meanwhile = true;
    server.options.beforeCommit = () => {
      if (meanwhile) server.put('run/c/manifest.json', Buffer.from('of another'));
      meanwhile = false;
    };
    await expect(open().writeAll(ENTRIES, { ifAbsent: true })).rejects.toMatchObject({ fault: 'conflict' });
    expect(server.files.get('run/c/manifest.json')?.bytes.toString()).toBe('of another');
    expect(server.files.has('run/c/model.safetensors')).toBe(false);
  });

  it('is made, private, by the first write to it', async () => {
    server.options.isEmpty = true;
    expect(await open().list('')).toEqual([]);
    await open().write('a', Buffer.from('x'), { ifAbsent: true });
    expect(server.made).toEqual([{ type: 'model', organization: 'owner', name: 'name', private: true }]);
    expect(server.files.get('run/a')?.bytes.toString()).toBe('x');
  });

  it('says what to do about a login that is refused', async () => {
    const refused = open('run', 'hf_other').list('');
    await expect(refused).rejects.toMatchObject({
      fault: 'credentials',
      message: expect.stringMatching(/^hf:\/\/owner\/name is not open to this login .*HF_TOKEN/),
    });
  });
});

describe('policy push', () => {
  it('publishes the policy alone, and of a later one only what is new', async () => {
    const url = 'hf://owner/name';
    const store = () => openStore(url, { hubEndpoint: server.url, hubToken: 'hf_test' });
    server.put('.gitattributes', Buffer.from('*.onnx filter=lfs'));
    server.put('golden/07.png', Buffer.from('of an earlier policy'));
    const { files, removed } = await pushPolicy(TINY_POLICY, store());
    expect([...server.files.keys()].sort()).toEqual(['.gitattributes', ...files].sort());
    expect(removed).toEqual(['golden/07.png']);
    const commits = server.commits.length;
    expect((await pushPolicy(TINY_POLICY, store())).sentBytes).toBe(0);
    expect(server.commits).toHaveLength(commits);
  });

  it('refuses a place that holds something else', async () => {
    server.put('checkpoints/act_step_000010/manifest.json', Buffer.from('{}'));
    const store = openStore('hf://owner/name', { hubEndpoint: server.url, hubToken: 'hf_test' });
    await expect(pushPolicy(TINY_POLICY, store)).rejects.toThrow(/no place of a policy alone/);
  });

  it('refuses what is no policy, and a secret', async () => {
    const store = openStore(folder);
    writeFileSync(join(folder, 'policy.json'), '{}');
    await expect(pushPolicy(folder, store)).rejects.toThrow(/policy/);
    const pushed = pushPolicy(TINY_POLICY, openStore(join(folder, 'out')), { secrets: ['tiny_policy.py'] });
    await expect(pushed).rejects.toThrow(/secret/);
  });
});
