/** What the host does with other kinds of storage: the Hub by its own library, a folder, datasets, the probe. */
import { spawn } from 'node:child_process';
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
import { uploadDataset } from '../../trainer/launch/storage/dataset-transfer.ts';
import { openRunStore, openStore } from '../../trainer/launch/storage/open-store.ts';
import { GcsServer } from '../fakes/gcs-server.ts';
import { type HubFault, HubServer } from '../fakes/hub-server.ts';
import { testPython } from '../python.ts';
import { checkpointsIn } from './whole-checkpoints.ts';

const TRAINER = join(import.meta.dirname, '../../trainer');
const PUBLISHER = join(TRAINER, 'checks/publish_checkpoints.py');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-host-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Its last line of stdout as JSON. */
async function python(args: string[], env: Record<string, string>) {
  const own = { PYTHONPATH: TRAINER, PYTHONDONTWRITEBYTECODE: '1', BRICKYARD_STORE_WAIT_S: '0.002' };
  const child = spawn(testPython(), args, { env: { ...process.env, ...own, ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const line = stdout.trim().split('\n').at(-1) || '{}';
  return { code, stderr, report: JSON.parse(line) as Record<string, unknown> };
}

describe('the Hub', () => {
  let server: HubServer;
  let hub: Record<string, string>;
  beforeEach(async () => {
    server = await HubServer.start({ token: 'hf_test' });
    // The library would send large files by another protocol, which the fake does not speak.
    hub = { HF_ENDPOINT: server.url, HF_TOKEN: 'hf_test', HF_HUB_DISABLE_XET: '1', HF_HOME: folder };
  });
  afterEach(() => server.close());

  it('gets each checkpoint in one commit, whatever gets lost, and keeps the right ones', async () => {
    const faults: HubFault[] = [
      { kind: 'cut-after' },
      { kind: 'status', status: 503 },
      { kind: 'cut-before' },
      { kind: 'cut-after' },
    ];
    const partial: string[] = [];
    server.options.fault = ({ kind }) => (kind === 'commit' ? faults.shift() : undefined);
    server.options.isEmpty = true;
    server.options.onChange = (files) => void partial.push(...checkpointsIn(files, 'out/made-up/').partial);
    const url = 'hf://owner/name/out/made-up';
    const { code, report, stderr } = await python(
      [PUBLISHER, url, join(folder, 'run'), '3', '1000', '1'],
      hub,
    );
    expect({ code, stderr, ...report }).toMatchObject({ code: 0, stderr: '', steps: [20, 30], best: 20 });
    expect(partial).toEqual([]);
    expect(faults).toEqual([]);
    expect(server.made).toMatchObject([{ type: 'model', private: true }]);
    const store = openRunStore('hf://owner/name/out', 'made-up', {
      hubEndpoint: server.url,
      hubToken: 'hf_test',
    });
    const home = await store.fetch('act_best', join(folder, 'home'));
    expect(readFileSync(join(home, 'checkpoint.json'), 'utf8')).toContain('"step": 20');
    expect(server.leakedToken).toBe(false);
  });

  it('gives a dataset of others, which has no manifest', async () => {
    for (const [path, text] of Object.entries({ ...DATASET, 'README.md': '# theirs' }))
      server.put(path, Buffer.from(text));
    const into = join(folder, 'ds');
    const { code, stderr } = await python([...PUBLISHING, 'fetch', 'hf://datasets/owner/name', into], hub);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const [path, text] of Object.entries(DATASET))
      expect(readFileSync(join(into, path), 'utf8')).toBe(text);
    expect(existsSync(join(into, 'README.md'))).toBe(false);
  });

  it('refuses in one sentence a login that may not write', async () => {
    const probe = await python([...PUBLISHING, 'probe', 'hf://owner/name/out'], {
      ...hub,
      HF_TOKEN: 'hf_other',
    });
    expect(probe.code).toBe(1);
    expect(probe.report).toMatchObject({ ok: false, step: 'create', fault: 'credentials' });
    expect(probe.stderr).toMatch(/^hf:\/\/owner\/name is not open to this login .*HF_TOKEN.*\n$/);
  });
});

const PUBLISHING = ['-m', 'brickyard_trainer.publishing'];
const DATASET: Record<string, string> = {
  'meta/info.json': '{"codebase_version":"v3.0"}',
  'data/chunk-000/file-000.parquet': 'p'.repeat(4000),
};

describe('a bucket', () => {
  let server: GcsServer;
  beforeEach(async () => {
    server = await GcsServer.start();
  });
  afterEach(() => server.close());

  function writeDataset(): string {
    const root = join(folder, 'ds');
    for (const [path, text] of Object.entries(DATASET)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return root;
  }

  it('gives the dataset that was uploaded from here, across cuts, and refuses a damaged one', async () => {
    const env = { BRICKYARD_GCS_ENDPOINT: server.url };
    await uploadDataset(writeDataset(), openStore('gs://ralph/ds', { gcsEndpoint: server.url }));
    const faults = [1000, 1000, 500];
    server.options.fault = ({ kind, name }) => {
      const afterBytes = kind === 'read' && name.endsWith('.parquet') ? faults.shift() : undefined;
      return afterBytes === undefined ? undefined : { kind: 'cut-download', afterBytes };
    };
    const { code } = await python([...PUBLISHING, 'fetch', 'gs://ralph/ds', join(folder, 'back')], env);
    expect(code).toBe(0);
    expect(faults).toEqual([]);
    expect(readFileSync(join(folder, 'back', 'data/chunk-000/file-000.parquet'), 'utf8')).toBe(
      'p'.repeat(4000),
    );
    server.put('ds/data/chunk-000/file-000.parquet', Buffer.alloc(4000, 'q'));
    const damaged = await python([...PUBLISHING, 'fetch', 'gs://ralph/ds', join(folder, 'other')], env);
    expect(damaged).toMatchObject({ code: 1, report: { ok: false, fault: 'damaged' } });
    expect(existsSync(join(folder, 'other'))).toBe(false);
  });

  it('is probed without leaving anything', async () => {
    const env = { BRICKYARD_GCS_ENDPOINT: server.url };
    const { code, report } = await python([...PUBLISHING, 'probe', 'gs://ralph/out'], env);
    expect({ code, ok: report.ok, objects: server.objects.size }).toEqual({ code: 0, ok: true, objects: 0 });
    server.options.fault = ({ kind }) => (kind === 'delete' ? { kind: 'status', status: 403 } : undefined);
    const refused = await python([...PUBLISHING, 'probe', 'gs://ralph/out'], env);
    expect(refused.report).toMatchObject({ ok: false, step: 'delete', fault: 'permission' });
  });
});

describe('a folder', () => {
  it('holds checkpoints as a bucket does', async () => {
    const url = join(folder, 'out', 'made-up');
    const { code, report } = await python([PUBLISHER, url, join(folder, 'run'), '5', '1000'], {});
    expect({ code, ...report }).toMatchObject({ code: 0, steps: [20, 30, 40, 50], best: 20 });
    const found = await openRunStore(join(folder, 'out'), 'made-up').checkpoints();
    expect(found.map(({ step }) => step)).toEqual([20, 30, 40, 50]);
    expect(readdirSync(join(url, 'checkpoints')).sort()).toEqual(found.map(({ name }) => name));
  });

  it('is refused in one sentence where it is none', async () => {
    const { code, stderr } = await python([...PUBLISHING, 'probe', 's3://bucket/x'], {});
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^"s3:\/\/bucket\/x" is no storage: give gs:.*\n$/),
    });
  });
});
