/** What comes here is whole and has the bytes that were meant, or is not there. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadDataset, uploadDataset } from '../../trainer/launch/storage/dataset-transfer.ts';
import { FolderStore } from '../../trainer/launch/storage/folder-store.ts';
import { GcsStore } from '../../trainer/launch/storage/gcs-store.ts';
import { probeStore } from '../../trainer/launch/storage/probe.ts';
import { DEFAULT_RETRY } from '../../trainer/launch/storage/retry.ts';
import { StoredRun } from '../../trainer/launch/storage/run-store.ts';
import { type GcsFault, type GcsRequest, GcsServer } from '../fakes/gcs-server.ts';

let server: GcsServer;
let folder: string;
let store: GcsStore;

beforeEach(async () => {
  server = await GcsServer.start();
  folder = mkdtempSync(join(tmpdir(), 'brickyard-downloads-'));
  const retry = { ...DEFAULT_RETRY, wait: async () => {} };
  const token = { token: async () => null };
  store = new GcsStore({ bucket: 'ralph', prefix: 'run', endpoint: server.url, token, retry });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function plant(kind: GcsRequest['kind'], ...faults: GcsFault[]): void {
  server.options.fault = (request) => (request.kind === kind ? faults.shift() : undefined);
}

const CONTENTS = {
  'pretrained_model/model.safetensors': Buffer.alloc(5000, 'weights'),
  'checkpoint.json': Buffer.from('{}'),
};

function putCheckpoint(
  step: number,
  validationLoss: number | null,
  contents: Record<string, Buffer> = CONTENTS,
): void {
  const name = `act_step_${`${step}`.padStart(6, '0')}`;
  const files = Object.entries(contents).map(([path, bytes]) => ({
    path,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }));
  for (const [path, bytes] of Object.entries(contents)) server.put(`run/checkpoints/${name}/${path}`, bytes);
  const manifest = {
    format: 1,
    run: 'r',
    step,
    epoch: 1,
    name,
    loss: 1,
    validation_loss: validationLoss,
    files,
    made_at: 'now',
  };
  server.put(`run/checkpoints/${name}/manifest.json`, Buffer.from(JSON.stringify(manifest)));
}

describe('checkpoints', () => {
  it('are those whose manifests are there and can be understood', async () => {
    putCheckpoint(20, null);
    putCheckpoint(10, 0.5);
    server.put(
      'run/checkpoints/act_step_000030/pretrained_model/model.safetensors',
      Buffer.from('on its way'),
    );
    server.put('run/checkpoints/act_step_000040/manifest.json', Buffer.from('{"format":1'));
    putCheckpoint(50, 0, { '../../../escape': Buffer.from('x') });
    const found = await new StoredRun(store).checkpoints();
    expect(found.map(({ step, bytes, validationLoss }) => [step, bytes, validationLoss])).toEqual([
      [10, 5002, 0.5],
      [20, 5002, null],
    ]);
  });

  it.each<[string, GcsFault[]]>([
    [
      'a connection that breaks',
      [
        { kind: 'cut-download', afterBytes: 1234 },
        { kind: 'cut-download', afterBytes: 99 },
      ],
    ],
    ['a bit that flips on the way', [{ kind: 'flip-download' }]],
    ['a busy server', [{ kind: 'status', status: 503 }]],
  ])('come here whole in spite of %s', async (_, faults) => {
    putCheckpoint(10, 0.5);
    const run = new StoredRun(store);
    await run.checkpoints();
    plant('read', ...faults);
    const home = await run.fetch('act_step_000010', join(folder, 'home'));
    for (const [path, bytes] of Object.entries(CONTENTS))
      expect(readFileSync(join(home, path)).equals(bytes)).toBe(true);
    expect(readdirSync(join(folder, 'home'))).toEqual(['act_step_000010']);
  });

  it('with other bytes than their manifest says are refused, and nothing of them stays in sight', async () => {
    putCheckpoint(10, 0.5);
    server.put('run/checkpoints/act_step_000010/checkpoint.json', Buffer.from('[]'));
    const fetched = new StoredRun(store).fetch('act_step_000010', join(folder, 'home'));
    await expect(fetched).rejects.toMatchObject({
      fault: 'damaged',
      message: expect.stringMatching(/checkpoint\.json/),
    });
    expect(existsSync(join(folder, 'home', 'act_step_000010'))).toBe(false);
  });

  it('that are not there are named beside those that are', async () => {
    putCheckpoint(10, 0.5);
    const fetched = new StoredRun(store).fetch('act_best', join(folder, 'home'));
    await expect(fetched).rejects.toThrow(
      /gs:\/\/ralph\/run has no checkpoint act_best; it has act_step_000010/,
    );
  });
});

describe('a dataset', () => {
  const FILES: Record<string, string> = {
    'meta/info.json': '{"codebase_version":"v3.0"}',
    'data/chunk-000/file-000.parquet': 'p'.repeat(4000),
    'videos/ego/chunk-000/file-000.mp4': 'v'.repeat(9000),
    '.brickyard/run.json': 'not part of it',
  };
  function dataset(): string {
    const root = join(folder, 'ds');
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return root;
  }

  it('is there when its last object is, and comes back the same', async () => {
    const orders: string[] = [];
    server.options.onChange = (objects) => void orders.push([...objects.keys()].at(-1)!);
    const steps: number[] = [];
    await uploadDataset(dataset(), store, { onProgress: (done, total) => void steps.push(done / total) });
    expect(orders.at(-1)).toBe('run/dataset.manifest.json');
    expect(orders.some((name) => name.includes('.brickyard'))).toBe(false);
    expect(steps.at(-1)).toBe(1);
    plant('read', { kind: 'cut-download', afterBytes: 10 }, { kind: 'cut-download', afterBytes: 10 });
    await downloadDataset(store, join(folder, 'back'));
    for (const [path, text] of Object.entries(FILES).slice(0, 3))
      expect(readFileSync(join(folder, 'back', path), 'utf8')).toBe(text);
  });

  it('goes on where an upload was broken off', async () => {
    const root = dataset();
    server.options.fault = ({ name }) =>
      name.endsWith('info.json') ? { kind: 'status', status: 403 } : undefined;
    await expect(uploadDataset(root, store)).rejects.toMatchObject({ fault: 'permission' });
    server.options.fault = undefined;
    await expect(downloadDataset(store, join(folder, 'back'))).rejects.toMatchObject({ fault: 'not-found' });
    server.uploadedBytes = 0;
    await uploadDataset(root, store);
    expect(server.uploadedBytes).toBeLessThan(9000);
    expect((await uploadDataset(root, store)).wasThere).toBe(true);
  });

  it('never takes the place of another', async () => {
    const root = dataset();
    await uploadDataset(root, store);
    writeFileSync(join(root, 'meta/info.json'), '{}');
    await expect(uploadDataset(root, store)).rejects.toThrow(/holds another dataset/);
  });
});

describe('the probe', () => {
  it('leaves nothing behind where all is well', async () => {
    expect(await probeStore(store)).toEqual({ ok: true });
    expect(server.objects.size).toBe(0);
    expect(await probeStore(new FolderStore(folder))).toEqual({ ok: true });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(['insert', 'read', 'delete'] as const)('says which step was refused: %s', async (kind) => {
    plant(kind, { kind: 'status', status: 403 });
    const step = kind === 'insert' ? 'create' : kind;
    expect(await probeStore(store)).toMatchObject({ ok: false, step, fault: 'permission' });
  });
});
