/** From what is typed and what the settings file says to a plan; all faults of both at once, each with its remedy. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remoteJob } from '../../trainer/launch/remote/host-job.ts';
import { planFromOptions } from '../../trainer/launch/remote/plan-from-options.ts';
import { makeRunId, RUN_ID, remoteRuns, runFolder } from '../../trainer/launch/remote/run-id.ts';
import { type GcpPlace, readRunPlan, writeRunPlan } from '../../trainer/launch/remote/run-plan.ts';
import { readSecrets } from '../../trainer/launch/remote/secrets.ts';
import { readRemoteSettings } from '../../trainer/launch/remote/settings-file.ts';

const ROOT = join(import.meta.dirname, '../..');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-plan-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FACTS = {
  runId: 'r1',
  madeAt: '2026-01-31T10:00:00Z',
  command: 'brickyard train',
  cwd: '/here',
  home: '/home/me',
};
const NOTHING = { zone: [], machineType: [], overrides: [], minEpisodes: '500' };
const GCP = {
  ...NOTHING,
  provider: 'gcp',
  project: 'p',
  zone: ['us-central1-a'],
  gpu: 'A100',
  dataset: 'gs://bucket/data',
  out: 'gs://bucket/runs/',
};
const plan = (options: object, settings = {}) => planFromOptions({ ...GCP, ...options }, settings, FACTS);
const fault = (options: object, settings = {}): string => {
  try {
    plan(options, settings);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('a plan', () => {
  it('takes the command line before the file and the file before the defaults', () => {
    const settings = {
      limits: { max_hours: 3, max_cost_usd: 9 },
      gcp: { price_per_hour_usd: 1.5, gpus: 2, disk_gb: 300, key_file: '~/k' },
      overrides: ['policy=act'],
    };
    const made = plan({ maxCost: '5.5', overrides: ['training.steps=10'] }, settings);
    expect(made.limits).toMatchObject({ maxCostUsd: 5.5, maxHours: 3, deadManMinutes: 30 });
    expect(made.overrides).toEqual(['policy=act', 'training.steps=10']);
    expect(made.out).toBe('gs://bucket/runs');
    expect(made.place).toMatchObject({ gpus: 2, diskGb: 300, spot: true, keyFile: '/home/me/k' });
  });

  it('is the same after it was written', () => {
    const made = plan({});
    writeRunPlan(join(folder, 'r1'), made);
    expect(readRunPlan(join(folder, 'r1'))).toEqual(made);
  });

  it('rents on spot unless the file or the command line says otherwise', () => {
    const spot = (given: boolean, settings: object) =>
      (plan({ spot: given }, { gcp: settings }).place as GcpPlace).spot;
    // --no-spot is false; without it the option is true.
    expect([spot(true, {}), spot(true, { spot: false }), spot(false, { spot: true })]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('names a machine by what people call its GPU', () => {
    const gpu = (text: string) => (plan({ gpu: text }).place as GcpPlace).gpu;
    expect(['a100', 'nvidia-a100', 'A100-80GB', 'h100'].map(gpu)).toEqual([
      'A100',
      'A100',
      'A100-80',
      'H100',
    ]);
  });

  it('takes a checkpoint to start from, which is sent, and no path that means nothing there', () => {
    const checkpoint = join(folder, 'checkpoint', 'pretrained_model');
    mkdirSync(checkpoint, { recursive: true });
    writeFileSync(join(checkpoint, 'config.json'), '{}');
    const made = plan({ overrides: [`training.init_from=${join(folder, 'checkpoint')}`, 'policy=act'] });
    expect(made).toMatchObject({ initFrom: checkpoint, overrides: ['policy=act'] });
    expect(remoteJob(made, '/there/x').trainArgs).toContain("training.init_from='/there/x'");
    expect(plan({ overrides: ['training.init_from=null'] }).initFrom).toBeNull();
  });

  it('reads a host as ssh writes it', () => {
    const place = (host: string) =>
      planFromOptions({ ...NOTHING, provider: 'ssh', host, dataset: '/d', out: '/o' }, {}, FACTS).place;
    expect(place('root@10.0.0.1:2222')).toMatchObject({ user: 'root', host: '10.0.0.1', port: 2222 });
    expect(place('box')).toMatchObject({ user: null, host: 'box', port: null });
    expect(place('[::1]:22')).toMatchObject({ host: '::1' });
    for (const host of ['-oProxyCommand=x', 'a b', 'x:99999', 'a@-x', ''])
      expect(() => place(host), host).toThrow('[USER@]HOST[:PORT]');
  });

  it.each([
    ['an unknown provider', { provider: 'gpc' }, /did you mean "gcp"\?.*local, ssh, gcp, verda/],
    ['an unknown GPU', { gpu: 'H10' }, /did you mean "H100"\?.*gcp has T4/],
    ['a number of GPUs that no machine has', { gpus: '3' }, /1, 2, 4, 8, 16 of A100/],
    [
      'a dataset that is no URL',
      { dataset: 's3://x/y' },
      /--dataset is "s3:.*gs:\/\/bucket.*hf:\/\/datasets/,
    ],
    ['a bucket without a name', { dataset: 'gs://' }, /--dataset is "gs:\/\/"/],
    ['a model for a dataset', { dataset: 'hf://me/thing' }, /names a model.*hf:\/\/datasets/],
    ['an out that is a relative folder', { out: 'runs' }, /absolute folder that both machines see/],
    ['a zone that is none', { zone: ['us-central1'] }, /such as us-central1-a/],
    ['an option of another provider', { host: 'h' }, /--host is for --provider ssh, not for gcp/],
    ['a cost that is no number', { maxCost: '-5' }, /--max-cost must be a number above 0/],
    ['a cost that nobody can count', { maxCost: '5' }, /gcp.price_per_hour_usd/],
    ['a dead man that never rests', { deadMan: '1' }, /5 to 1440/],
    ['an override that is none', { overrides: ['steps'] }, /is no override/],
    [
      'a start from what is no checkpoint',
      { overrides: ['training.init_from=runs/x'] },
      /\/here\/runs\/x does not exist/,
    ],
    ['a torch that is not there', { torch: 'newest' }, /locked, nightly/],
  ])('refuses %s', (_, options, message) => {
    expect(fault(options)).toMatch(message);
  });

  it('names all faults at once', () => {
    const message = fault({ gpu: 'X', dataset: 'ftp://x', out: undefined, maxHours: 'long' });
    expect(message).toContain('4 faults');
  });
});

describe('the settings file', () => {
  const write = (text: string): string => {
    const path = join(folder, 'train.remote.yaml');
    writeFileSync(path, text);
    return path;
  };
  it('is read from where the user stands, and may be missing', () => {
    expect(readRemoteSettings(undefined, join(folder, 'nowhere'))).toEqual({});
    write('wandb: true\nlimits: { max_hours: 2 }\n');
    expect(readRemoteSettings(undefined, folder)).toEqual({ wandb: true, limits: { max_hours: 2 } });
    expect(() => readRemoteSettings(join(folder, 'other.yaml'), folder)).toThrow('train.remote.example.yaml');
  });

  it('has an example that is one', () => {
    const settings = readRemoteSettings(join(ROOT, 'train.remote.example.yaml'), folder);
    for (const provider of ['ssh', 'gcp', 'verda'])
      expect(planFromOptions({ ...NOTHING, provider }, settings, FACTS).place.name).toBe(provider);
  });

  it('tells the line and column of every fault', () => {
    const path = write('datset: gs://x\nlimits:\n  max_hours: -1\ngcp:\n  hf_token: x\n');
    expect(() => readRemoteSettings(path, folder)).toThrow(
      /3 faults[\s\S]*line 3, column 14: limits.max_hours[\s\S]*line 1, column 1: datset is not known; did you mean "dataset"/,
    );
    expect(() => readRemoteSettings(path, folder)).toThrow(/secrets belong in \.env/);
  });
});

describe('secrets', () => {
  it('come from .env before the environment, and those of a key file are known too', () => {
    const key = join(folder, 'key.json');
    writeFileSync(
      key,
      JSON.stringify({ type: 'service_account', private_key: '-----BEGIN x', client_email: 'e@x' }),
    );
    const file = join(folder, '.env');
    writeFileSync(file, `HF_TOKEN=from-file\nOTHER="a value"\nGOOGLE_APPLICATION_CREDENTIALS=${key}\n`, {
      mode: 0o600,
    });
    const secrets = readSecrets(file, { HF_TOKEN: 'from-env', WANDB_API_KEY: 'wandb-env' });
    expect(secrets.get('HF_TOKEN')).toBe('from-file');
    expect(secrets.get('WANDB_API_KEY')).toBe('wandb-env');
    expect(secrets.get('VERDA_CLIENT_ID')).toBeUndefined();
    expect([...secrets.values].sort()).toEqual([
      '-----BEGIN x',
      'a value',
      'from-file',
      'from-file',
      'wandb-env',
    ]);
  });

  it('are refused when others may read them', () => {
    const file = join(folder, 'open.env');
    writeFileSync(file, 'HF_TOKEN=x\n', { mode: 0o644 });
    expect(() => readSecrets(file, {})).toThrow(`chmod 600 ${file}`);
    expect(readSecrets(join(folder, 'none'), {}).get('HF_TOKEN')).toBeUndefined();
    expect(() => readSecrets(join(folder, 'none'), {}, true)).toThrow('.env.example');
  });
});

describe('runs', () => {
  it('have ids that labels and machine names take', () => {
    const id = makeRunId(new Date('2026-01-31T10:20:30Z'), () => 0.999);
    expect(id).toBe('20260131-102030-zzz');
    expect(id).toMatch(RUN_ID);
  });

  it('are found by id, the beginning of one, or path', () => {
    const runs = join(folder, 'runs');
    for (const runId of ['20260101-a', '20260102-b']) writeRunPlan(join(runs, runId), { ...plan({}), runId });
    expect(remoteRuns(runs)).toEqual(['20260101-a', '20260102-b']);
    expect(runFolder('20260102', runs, '/')).toBe(join(runs, '20260102-b'));
    expect(runFolder('runs/20260101-a', runs, folder)).toBe(join(runs, '20260101-a'));
    expect(() => runFolder('2026010', runs, '/')).toThrow('20260101-a and 20260102-b');
    expect(() => runFolder('20260103-x', runs, '/')).toThrow(/no remote run.*20260101-a, 20260102-b/);
  });
});
