/** What leaves this machine: the secrets that a run needs and no others, and a plan without any. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportedHere, hostSecrets, remoteJob } from '../../trainer/launch/remote/host-job.ts';
import { percentages } from '../../trainer/launch/remote/local-dataset.ts';
import { lastLines } from '../../trainer/launch/remote/log-text.ts';
import { planFromOptions } from '../../trainer/launch/remote/plan-from-options.ts';
import { gcpOffers } from '../../trainer/launch/remote/run-machines.ts';
import type { GcpPlace, RunPlan } from '../../trainer/launch/remote/run-plan.ts';
import { readSecrets } from '../../trainer/launch/remote/secrets.ts';
import { planOfStoredRun, storePlan } from '../../trainer/launch/remote/stored-plan.ts';
import { supervisorPlan } from '../../trainer/launch/remote/supervisor-plan.ts';
import { FolderStore } from '../../trainer/launch/storage/folder-store.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-job-'));
  writeFileSync(join(folder, 'key.json'), '{"private_key":"k"}');
  const lines = ['HF_TOKEN=hub', 'WANDB_API_KEY=wandb', 'VERDA_CLIENT_ID=id', 'VERDA_CLIENT_SECRET=secret'];
  const env = [...lines, `GOOGLE_APPLICATION_CREDENTIALS=${join(folder, 'key.json')}`].join('\n');
  writeFileSync(join(folder, '.env'), env, { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FACTS = { runId: 'r1', madeAt: '', command: 'brickyard train', cwd: '/', home: '/' };
const NOTHING = { zone: [], machineType: [], overrides: [], minEpisodes: '1' };
const ssh = (dataset: string, out: string, settings = {}, overrides: string[] = []): RunPlan =>
  planFromOptions({ ...NOTHING, provider: 'ssh', host: 'h', dataset, out, overrides }, settings, FACTS);
const gcp = (more: object = {}): RunPlan =>
  planFromOptions(
    {
      ...NOTHING,
      provider: 'gcp',
      project: 'p',
      zone: ['us-central1-a,us-central1-b'],
      gpu: 'A100',
      dataset: 'gs://bucket/d',
      out: 'gs://bucket/r',
      ...more,
    },
    {},
    FACTS,
  );

describe('a host gets', () => {
  const sent = (plan: RunPlan, environment = {}) =>
    hostSecrets(plan, readSecrets(join(folder, '.env'), {}), environment);

  it('no secret where it needs none', () => {
    expect(sent(ssh('/data', '/out'))).toEqual({ values: {}, files: {} });
  });

  it("the Hub's token for the Hub, and W&B's key for W&B", () => {
    expect(sent(ssh('/data', 'hf://me/act')).values).toEqual({ HF_TOKEN: 'hub' });
    expect(sent(ssh('/data', '/out', { wandb: true })).values).toEqual({ WANDB_API_KEY: 'wandb' });
  });

  it("a service account's key for a bucket, unless it is one of Google's own machines", () => {
    const files = { GOOGLE_APPLICATION_CREDENTIALS: '{"private_key":"k"}' };
    expect(sent(ssh('/data', 'gs://bucket/r')).files).toEqual(files);
    expect(sent(gcp())).toEqual({ values: {}, files: {} });
  });

  it("never the secrets of who rents it, but a server in place of Google's", () => {
    const everything = sent(ssh('gs://bucket/d', 'hf://me/act', { wandb: true }), {
      BRICKYARD_GCS_ENDPOINT: 'http://x',
      PATH: '/bin',
    });
    expect(Object.keys(everything.values).sort()).toEqual([
      'BRICKYARD_GCS_ENDPOINT',
      'HF_TOKEN',
      'WANDB_API_KEY',
    ]);
  });
});

it('exports here and not there', () => {
  expect(remoteJob(ssh('/d', '/o')).trainArgs).toEqual(['checkpoint.export=none']);
  const wanted = ['checkpoint.export=all', 'policy=act', 'checkpoint.export=final'];
  expect(remoteJob(ssh('/d', '/o', {}, wanted)).trainArgs).toEqual(['policy=act', 'checkpoint.export=none']);
  expect([[], wanted, ['checkpoint.export=none']].map(exportedHere)).toEqual(['all', 'final', 'none']);
  expect(remoteJob(ssh('/d', '/o', { wandb: true })).trainArgs).toContain('wandb.enable=true');
  expect(remoteJob(gcp())).toMatchObject({ store: 'gs://bucket/r/r1', preemptionNotice: true, keepLast: 3 });
});

it('goes to every zone with the machine that has the GPU, in the order of the zones', () => {
  const { place } = gcp({ gpus: '2' });
  expect(gcpOffers(place as GcpPlace).map(({ zone, type }) => `${zone} ${type}`)).toEqual([
    'us-central1-a a2-highgpu-2g',
    'us-central1-b a2-highgpu-2g',
  ]);
});

it('looks as often as it was told to, and reports when it was told to', () => {
  const machines = { existing: null, existingAfterwards: 'as-found', publicKey: '' } as const;
  const { timing, labels } = supervisorPlan(
    ssh('/d', '/o', { limits: { poll_s: 1, report_minutes: 5, dead_man_minutes: 10 } }),
    '/runs/r1',
    machines,
  );
  expect(timing).toMatchObject({ observeS: 2, reportS: 300, deadManS: 600, describeStartingS: 1 });
  expect(labels).toEqual({ brickyard: 'train', 'brickyard-run': 'r1' });
});

it('leaves its plan in storage for another machine, without a secret in it', async () => {
  const url = join(folder, 'store', 'r1');
  const plan = ssh('/data', '/out');
  await storePlan(new FolderStore(url), plan);
  expect(await planOfStoredRun(url, undefined)).toEqual(plan);
  expect(readFileSync(join(url, 'plan.json'), 'utf8')).not.toMatch(/hub|secret|private_key/);
  await expect(planOfStoredRun(join(folder, 'store'), undefined)).rejects.toThrow('is no run');
});

it('shows the end of a log', () => {
  expect(lastLines('a\nb\nc\n', 2)).toBe('b\nc\n');
  expect(lastLines('a\nb', 5)).toBe('a\nb');
});

it('tells of a transfer in tenths', () => {
  const said: string[] = [];
  const tell = percentages('sent', (line) => void said.push(line));
  for (let done = 0; done <= 100; done++) tell(done * 1e6, 100e6);
  expect(said).toHaveLength(11);
  expect(said.at(-1)).toBe('sent 100 % of 100 MB');
});
