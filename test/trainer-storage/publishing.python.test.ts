/**
 * The host's publisher against a bucket: killed at any request, refused, cut, answers lost. After each change of the
 * bucket a reader looks at it.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Rng } from '../../sim/engine/rng.ts';
import { GcsStore } from '../../trainer/launch/storage/gcs-store.ts';
import { StoredRun } from '../../trainer/launch/storage/run-store.ts';
import { type GcsFault, type GcsRequest, GcsServer } from '../fakes/gcs-server.ts';
import { testPython } from '../python.ts';
import { type CheckpointsSeen, checkpointsIn } from './whole-checkpoints.ts';

const PUBLISHER = join(import.meta.dirname, '../../trainer/checks/publish_checkpoints.py');
const PREFIX = 'out/made-up/';
/** Spread over all requests of three checkpoints: uploads, manifests, the pointer, what is removed. */
const KILLS = 12;
let server: GcsServer;
let folder: string;
/** After each change. */
let seen: CheckpointsSeen[];

beforeEach(async () => {
  seen = [];
  server = await GcsServer.start({ onChange: (objects) => void seen.push(checkpointsIn(objects, PREFIX)) });
  folder = mkdtempSync(join(tmpdir(), 'brickyard-publish-'));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

interface Published {
  code: number | null;
  steps: number[];
  best: number;
  sent_bytes: number;
  stderr: string;
}

function start(count: number, bytes: number, keep = 3): { child: ChildProcess; done: Promise<Published> } {
  const args = [PUBLISHER, `gs://ralph/${PREFIX.slice(0, -1)}`, folder, `${count}`, `${bytes}`, `${keep}`];
  const env = { ...process.env, BRICKYARD_GCS_ENDPOINT: server.url, BRICKYARD_STORE_WAIT_S: '0.002' };
  const child = spawn(testPython(), args, { env: { ...env, PYTHONDONTWRITEBYTECODE: '1' } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  const done = new Promise<Published>((resolve) => {
    child.on('close', (code) => {
      const line = stdout.trim().split('\n').at(-1) || '{}';
      resolve({ code, stderr, ...JSON.parse(line) });
    });
  });
  return { child, done };
}

function expectNoPartial(): void {
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.flatMap(({ partial }) => partial)).toEqual([]);
}

/** Once there is one to resume from there always is. */
function expectAlwaysOne(): void {
  const first = seen.findIndex(({ steps }) => steps.length > 0);
  expect(seen.slice(first).filter(({ steps }) => steps.length === 0)).toEqual([]);
  expect(Math.max(...seen.map(({ steps }) => steps.length))).toBeLessThanOrEqual(5);
}

describe('publishing checkpoints', () => {
  it('keeps the last three and the best, named for their epochs, for a reader in TypeScript', async () => {
    const { code, steps, best } = await start(7, 1000).done;
    expect({ code, steps, best }).toEqual({ code: 0, steps: [20, 50, 60, 70], best: 20 });
    expectNoPartial();
    expectAlwaysOne();
    const token = { token: async () => null };
    const store = new GcsStore({ bucket: 'ralph', prefix: PREFIX.slice(0, -1), endpoint: server.url, token });
    const run = new StoredRun(store);
    expect((await run.checkpoints()).map(({ name }) => name)).toEqual([
      'act_epoch_010',
      'act_epoch_025',
      'act_epoch_030',
      'act_epoch_035',
    ]);
    expect(await run.fetch('act_best', join(folder, 'home'))).toBe(join(folder, 'home', 'act_epoch_010'));
  });

  it('killed at any of its requests it leaves nothing partial, and goes on', async () => {
    const whole = await start(3, 1000, 1).done;
    expect(whole.code).toBe(0);
    const requests = server.requests.length;
    const every = Math.max(1, Math.round(requests / KILLS));
    for (let at = every; at < requests; at += every) {
      server.objects.clear();
      server.requests.length = 0;
      const { child, done } = start(3, 1000, 1);
      server.options.fault = ({ index }) => {
        if (index !== at) return undefined;
        child.kill('SIGKILL');
        return at % 2 === 0 ? { kind: 'cut-after' } : { kind: 'cut-before' };
      };
      expect((await done).code).toBeNull();
      server.options.fault = undefined;
      const again = await start(3, 1000, 1).done;
      expect(again).toMatchObject({ code: 0, steps: whole.steps, best: whole.best });
      const manifests = again.steps.length;
      // What was broken off is swept away: each folder is one of a manifest.
      const folders = new Set(
        [...server.objects.keys()].flatMap((name) => /checkpoints\/([^/]+)/.exec(name)?.[1] ?? []),
      );
      expect(folders.size).toBe(manifests);
    }
    expectNoPartial();
  });

  it('ended before and after each of its changes, with ties and losses that are no numbers, keeps its promises', async () => {
    const check = join(import.meta.dirname, '../../trainer/checks/crash_publishing.py');
    const { stdout } = await promisify(execFile)(testPython(), [check, '15']);
    const { crashes, faults } = JSON.parse(stdout);
    expect(faults).toEqual([]);
    expect(crashes).toBeGreaterThan(500);
  });

  it.each([1, 2])('survives a bad network, seed %i', async (seed) => {
    const rng = Rng.from('bad network', seed);
    const faults: GcsFault[] = [];
    server.options.fault = () => {
      if (rng.unit() > 0.25) return undefined;
      const fault = faultBy(rng.unit());
      faults.push(fault);
      return fault;
    };
    const { code, steps, best, stderr } = await start(5, 1_300_000).done;
    expect({ code, steps, best, stderr }).toEqual({ code: 0, steps: [20, 30, 40, 50], best: 20, stderr: '' });
    expect(faults.length).toBeGreaterThan(10);
    expectNoPartial();
    expectAlwaysOne();
  });

  it('sends what is missing of a large checkpoint after a cut', async () => {
    const bytes = 4_000_000;
    let cut = true;
    server.options.fault = ({ kind }: GcsRequest) => {
      if (kind !== 'piece' || !cut) return undefined;
      cut = false;
      return { kind: 'cut-upload', afterBytes: 3_000_000 };
    };
    expect((await start(1, bytes).done).code).toBe(0);
    const again = server.uploadedBytes - (bytes + smallBytes());
    expect(again).toBeGreaterThan(0);
    expect(again).toBeLessThan(256 << 10);
  });

  it('says in one sentence that it may not write', async () => {
    server.options.fault = ({ kind }) => (kind === 'insert' ? { kind: 'status', status: 403 } : undefined);
    const { code, stderr } = await start(1, 1000).done;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^permission: gs:\/\/ralph may not be used .*cloud-platform\n$/);
  });
});

function smallBytes(): number {
  const names = [...server.objects].filter(([name]) => !name.endsWith('model.safetensors'));
  return names.reduce((sum, [, { bytes }]) => sum + bytes.length, 0);
}

function faultBy(draw: number): GcsFault {
  const kinds: GcsFault[] = [
    { kind: 'status', status: 503 },
    { kind: 'status', status: 429 },
    { kind: 'status', status: 500 },
    { kind: 'cut-before' },
    { kind: 'cut-after' },
    { kind: 'cut-upload', afterBytes: 500_000 },
    { kind: 'cut-download', afterBytes: 7 },
    { kind: 'forget-sessions' },
  ];
  return kinds[Math.floor(draw * kinds.length)];
}
