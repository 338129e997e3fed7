/** The whole way onto a host and back, over a real sshd, with a trainer that only pretends: see pretend_train.py. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { isAlive } from '../../runtime/process-stat.ts';
import type { HostStatus, Machine } from '../../trainer/launch/remote/ports.ts';
import { type FolderContents, folderContents, trainerCode } from '../../trainer/launch/ssh/folder-files.ts';
import { SshHost, type SshHostOptions } from '../../trainer/launch/ssh/host.ts';
import { testPython } from '../python.ts';
import { LoopbackSshd } from './loopback-sshd.ts';

const TRAINER = join(import.meta.dirname, '../../trainer');
const TOKEN = 'hf_canaryCanaryCanary1234';
const DEAD_MAN_S = 600;

let sshd: LoopbackSshd;
let folder: string;
let code: FolderContents;
const hosts: SshHost[] = [];

beforeAll(async () => {
  testPython();
  sshd = await LoopbackSshd.start();
  folder = mkdtempSync(join(tmpdir(), 'brickyard-host-'));
  const pretended = join(folder, 'trainer');
  for (const { path } of (await trainerCode()).files) cpSync(join(TRAINER, path), join(pretended, path));
  cpSync(join(TRAINER, 'checks/pretend_train.py'), join(pretended, 'train.py'));
  code = await folderContents(pretended);
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data', 'info.json'), '{}');
});
afterEach(() => {
  for (const host of hosts.splice(0)) host.close();
});
afterAll(async () => {
  await sshd?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Setup {
  host: SshHost;
  machine: Machine;
  run: string;
  store: string;
}

function setup(runId: string, trainArgs: string[], more: Partial<SshHostOptions> = {}, root = runId): Setup {
  const there = join(folder, 'there', root);
  const store = join(folder, 'store', runId);
  mkdirSync(store, { recursive: true });
  const host = new SshHost({
    runId,
    folder: there,
    job: {
      trainArgs,
      command: 'brickyard train --provider ssh',
      store,
      keepLast: 3,
      accelerate: { use: 'auto', processes: null, mixedPrecision: null, configFile: null },
      preemptionNotice: false,
    },
    dataset: { folder: join(folder, 'data') },
    secrets: { HF_TOKEN: TOKEN },
    python: testPython(),
    torch: 'locked',
    deadManS: DEAD_MAN_S,
    powerOff: () => null,
    connect: () => sshd.connect(),
    code,
    ...more,
  });
  hosts.push(host);
  const machine: Machine = {
    id: root,
    name: root,
    zone: 'here',
    state: 'running',
    address: '127.0.0.1',
    preempted: false,
    labels: {},
    offer: { zone: 'here', type: 'host', gpu: '', gpus: 0, pricePerHourUsd: null },
  };
  return { host, machine, run: join(there, 'runs', runId), store };
}

async function until({ host, machine }: Setup, holds: (status: HostStatus) => boolean): Promise<HostStatus> {
  for (let tries = 0; tries < 300; tries++) {
    const status = await host.status(machine);
    if (status && holds(status)) return status;
    await sleep(200);
  }
  throw new Error(`the status never came: ${JSON.stringify(await host.status(machine))}`);
}

const manifests = (store: string): string[] =>
  existsSync(join(store, 'checkpoints'))
    ? readdirSync(join(store, 'checkpoints')).filter((name) =>
        existsSync(join(store, 'checkpoints', name, 'manifest.json')),
      )
    : [];

it('prepares, trains detached, publishes, brings the outputs home; twice is once', async () => {
  const there = setup('whole', ['pretend.steps=40', 'pretend.every=10', 'pretend.step_s=0.1']);
  const { host, machine, run, store } = there;
  expect(await host.status(machine)).toBeNull();
  await host.prepare(machine);
  expect(statSync(join(run, 'secrets.json')).mode & 0o777).toBe(0o600);
  await host.launch(machine, { runId: 'whole', attempt: 1, resumeStep: null, deadManS: DEAD_MAN_S });
  await host.launch(machine, { runId: 'whole', attempt: 1, resumeStep: null, deadManS: DEAD_MAN_S });
  const training = await until(there, ({ step }) => step > 0);
  expect(training).toMatchObject({ runId: 'whole', attempt: 1, steps: 40 });
  sshd.cut();
  const ended = await until(there, ({ state }) => state === 'ended');
  expect(ended).toMatchObject({ exitCode: 0, step: 40, publishedStep: 40, uploadFault: null });
  expect(ended.sequence).toBeGreaterThanOrEqual(training.sequence);
  expect(manifests(store)).toHaveLength(3);

  await host.launch(machine, { runId: 'whole', attempt: 1, resumeStep: null, deadManS: DEAD_MAN_S });
  const log = await host.log(machine, 0);
  expect(log.text.match(/"event": "start"/g)).toHaveLength(1);
  expect(await host.log(machine, log.nextByte)).toEqual({ text: '', nextByte: log.nextByte });
  expect(log.text).toContain('pretending with token [secret]');

  const outputs = join(folder, 'outputs');
  await host.fetchOutputs(machine, outputs);
  await host.fetchOutputs(machine, outputs);
  expect(readFileSync(join(outputs, 'run/HANDOVER.md'), 'utf8')).toBe('done\n');
  expect(execFileSync('find', [outputs, '-name', '*.safetensors'], { encoding: 'utf8' })).toBe('');
  const leaks = spawnGrep(TOKEN, [run, outputs, store]);
  expect(leaks).toEqual([join(run, 'secrets.json')]);
});

it('goes on after kill -9 of the trainer, of the agent, and on another machine', async () => {
  const there = setup('killed', ['pretend.steps=60', 'pretend.step_s=0.15']);
  const { host, machine, run, store } = there;
  await host.prepare(machine);
  const launch = (attempt: number, resumeStep: number | null, to = there) =>
    to.host.launch(to.machine, { runId: 'killed', attempt, resumeStep, deadManS: DEAD_MAN_S });
  await launch(1, null);
  await until(there, ({ publishedStep }) => (publishedStep ?? 0) >= 5);
  process.kill(Number(readFileSync(join(run, 'trainer.pid'), 'utf8').split(' ')[0]), 'SIGKILL');
  const killed = await until(there, ({ state }) => state === 'ended');
  expect(killed).toMatchObject({ attempt: 1, exitCode: 137 });

  await launch(2, 5);
  const second = await until(
    there,
    ({ attempt, state, step }) => attempt === 2 && state === 'training' && step > 0,
  );
  expect(second.step).toBeGreaterThanOrEqual(5);
  const trainer = Number(readFileSync(join(run, 'trainer.pid'), 'utf8').split(' ')[0]);
  process.kill(Number(readFileSync(join(run, 'agent.lock'), 'utf8')), 'SIGKILL');
  expect(await until(there, ({ state }) => state === 'ended')).toMatchObject({ attempt: 2, exitCode: 137 });
  for (let tries = 0; isAlive(trainer) && tries < 100; tries++) await sleep(100);
  expect(isAlive(trainer)).toBe(false);

  await expect(launch(1, null)).rejects.toThrow('older than 2');
  const other = setup('killed', ['pretend.steps=60', 'pretend.step_s=0.02'], {}, 'elsewhere');
  await other.host.prepare(other.machine);
  const newest = Math.max(...manifests(store).map((name) => Number(/\d+$/.exec(name))));
  await launch(3, newest, other);
  const ended = await until(other, ({ state }) => state === 'ended');
  expect(ended).toMatchObject({ attempt: 3, exitCode: 0, step: 60, publishedStep: 60 });
  const metrics = readFileSync(join(other.run, 'run/metrics.jsonl'), 'utf8').trim().split('\n');
  expect(JSON.parse(metrics[0]).step).toBe(1);
});

it('interrupts with a checkpoint, kills what hangs, and a newer attempt ends an older', async () => {
  const there = setup('ended', [
    'pretend.steps=500',
    'pretend.step_s=0.1',
    'pretend.every=1000',
    'pretend.hang_at=40',
  ]);
  const { host, machine } = there;
  await host.prepare(machine);
  const launch = (attempt: number) =>
    host.launch(machine, { runId: 'ended', attempt, resumeStep: null, deadManS: DEAD_MAN_S });
  await launch(1);
  await until(there, ({ step }) => step >= 2);
  await host.interrupt(machine);
  const asked = await until(there, ({ state }) => state === 'ended');
  expect(asked.exitCode).toBe(130);
  expect(asked.publishedStep).toBe(asked.step);

  await launch(2);
  await until(there, ({ attempt, step }) => attempt === 2 && step > asked.step);
  await launch(3);
  await until(there, ({ attempt, state }) => attempt === 3 && state === 'training');
  await host.kill(machine);
  await host.kill(machine);
  expect(await host.status(machine)).toMatchObject({ attempt: 3, state: 'ended', exitCode: 137 });
});

it('ends the training when nobody renews, and switches the machine off', async () => {
  const off = join(folder, 'switched-off');
  const options = { deadManS: 6, powerOff: () => `touch '${off}'` };
  const there = setup('alone', ['pretend.steps=10000', 'pretend.step_s=0.1'], options);
  const { host, machine } = there;
  await host.prepare(machine);
  await host.launch(machine, { runId: 'alone', attempt: 1, resumeStep: null, deadManS: 20 });
  await until(there, ({ step }) => step > 0);
  await host.renew(machine, 6);
  const ended = await until(there, ({ state }) => state === 'ended');
  expect(ended.exitCode).toBe(130);
  expect(ended.publishedStep).toBe(ended.step);
  for (let tries = 0; !existsSync(off) && tries < 150; tries++) await sleep(200);
  expect(existsSync(off)).toBe(true);
});

function spawnGrep(text: string, folders: string[]): string[] {
  try {
    return execFileSync('grep', ['-rlF', text, ...folders], { encoding: 'utf8' })
      .trim()
      .split('\n');
  } catch {
    return [];
  }
}
