/**
 * The whole way with the real programs: a real sshd on loopback, real upload, a real training of ACT on this machine's
 * CPU by way of the agent, checkpoints into a folder and into a bucket. On the way the connection is cut, the trainer
 * killed, and the command that looks after it killed; the run goes on each time.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadPolicy } from '../../policy/policy-folder.ts';
import { fakeGcsServerPath } from '../../scripts/fake-gcs.ts';
import { openStore } from '../../trainer/launch/storage/open-store.ts';
import { startFakeGcsServer } from '../fakes/fake-gcs-server.ts';
import { GcsServer } from '../fakes/gcs-server.ts';
import { testPython } from '../python.ts';
import { endAgents } from '../trainer-ssh/end-agents.ts';
import { LoopbackSshd } from '../trainer-ssh/loopback-sshd.ts';

const ROOT = join(import.meta.dirname, '../..');
const CANARY = 'hf_CANARYcanaryCANARYcanary0123';
const SAVED_EVERY = 50;
/** Python's start alone takes a minute where others use the machine. */
const LIMIT_MS = 900_000;
const SUITE = `name: one
description: A single start, for a test.
seed: 1
conditions:
  - scenarios: [one-brick]
    episodes: 1
`;
const SMALL = [
  'policy=act_small',
  'training.batch_size=4',
  'training.log_every=10',
  `checkpoint.every_steps=${SAVED_EVERY}`,
  'checkpoint.every_minutes=null',
  'checkpoint.export=final',
];

let folder: string;
let sshd: LoopbackSshd;
let env: NodeJS.ProcessEnv;
const started: ChildProcess[] = [];

beforeAll(async () => {
  const python = testPython();
  folder = mkdtempSync(join(tmpdir(), 'brickyard-remote-'));
  sshd = await LoopbackSshd.start();
  writeFileSync(join(folder, 'one.yaml'), SUITE);
  writeFileSync(
    join(folder, 'train.remote.yaml'),
    `limits: { poll_s: 1, max_hours: 1 }\nenvironment: { python: ${python} }\nssh: { folder: ${join(folder, 'host')} }\n`,
  );
  writeFileSync(join(folder, '.env'), `HF_TOKEN=${CANARY}\n`, { mode: 0o600 });
  env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), OMP_NUM_THREADS: '1', INIT_CWD: folder };
  const size = ['--episodes', '2', '--scenarios', 'one-brick', '--size', '64x48', '--workers', '1'];
  const made = spawnSync(
    process.execPath,
    [join(ROOT, 'cli.ts'), 'gen', ...size, '--out', 'data', '--quiet'],
    {
      encoding: 'utf8',
      env,
      cwd: folder,
    },
  );
  expect(made.status, made.stderr).toBe(0);
}, LIMIT_MS);
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  endAgents(join(folder, 'host'));
  await sshd?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Command {
  child: ChildProcess;
  said(): string;
  finished: Promise<{ code: number | null; summary: Record<string, unknown> }>;
}

function brickyard(args: readonly string[], more: NodeJS.ProcessEnv = {}): Command {
  const child = spawn(process.execPath, [join(ROOT, 'cli.ts'), ...args], {
    env: { ...env, ...more },
    cwd: folder,
  });
  started.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', (part) => {
    stdout += part;
  });
  child.stderr!.on('data', (part) => {
    stderr += part;
  });
  const finished = new Promise<{ code: number | null; summary: Record<string, unknown> }>((resolve) => {
    child.on('close', (code) => {
      const last = stdout.trim().split('\n').at(-1) ?? '';
      resolve({ code, summary: last.startsWith('{') ? JSON.parse(last) : {} });
    });
  });
  return { child, finished, said: () => `${stdout}${stderr}` };
}

function train(runId: string, out: string, ...more: string[]): string[] {
  const host = [
    '--host',
    `${sshd.user}@127.0.0.1:${sshd.port}`,
    '--key',
    sshd.keyFile,
    '--host-key',
    sshd.hostKey(),
  ];
  const what = ['--dataset', 'data', '--min-episodes', '1', '--out', out, '--run-id', runId, '--json'];
  return ['train', '--provider', 'ssh', ...host, ...what, ...SMALL, ...more];
}

const list = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);
const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** As long as the test may take, or until the command that should bring it about has ended. */
async function until(holds: () => boolean | Promise<boolean>, command?: Command): Promise<void> {
  while (!(await holds())) {
    if (command && command.child.exitCode !== null)
      throw new Error(`it ended before that: ${command.said()}`);
    await sleep(50);
  }
}

interface JournalLine {
  type: string;
  attempt?: number;
  resumeStep?: number | null;
  step?: number;
  atMs: number;
}
const journal = (runId: string): JournalLine[] =>
  read(join(folder, 'runs', runId, 'supervisor', 'journal.jsonl'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** Of checkpoints that are there in full. */
const published = (store: string): number[] =>
  list(join(store, 'checkpoints'))
    .map((name) => read(join(store, 'checkpoints', name, 'manifest.json')))
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text).step as number)
    .sort((a, b) => a - b);

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

it(
  'trains on over a cut connection, a killed trainer and a killed supervisor, and brings everything home',
  async () => {
    const out = join(folder, 'store');
    const store = join(out, 'e2e');
    const hostRun = join(folder, 'host', 'runs', 'e2e');
    const evaluation = ['--eval', 'one.yaml', '--eval-every', '100'];
    const first = brickyard([...train('e2e', out, 'training.steps=300'), ...evaluation]);
    await until(() => published(store).length > 0, first);

    // The agent and the trainer outlive the connection, this command its terminal; the trainer does not outlive SIGKILL.
    first.child.kill('SIGHUP');
    sshd.cut();
    const trainer = Number.parseInt(read(join(hostRun, 'trainer.pid')), 10);
    const [before] = published(store).slice(-1);
    const killedAtMs = Date.now();
    process.kill(trainer, 'SIGKILL');
    await until(
      () => journal('e2e').some(({ type, attempt }) => type === 'launched' && attempt === 2),
      first,
    );
    const launching = journal('e2e').findLast(({ type }) => type === 'launching')!;
    const ended = journal('e2e').findLast(({ type }) => type === 'attempt-ended')!;
    expect(launching.resumeStep).toBeGreaterThanOrEqual(before);
    const again = JSON.parse(read(join(hostRun, 'status.json')));
    expect(again.attempt).toBe(2);
    process.stderr.write(`trainer killed to trainer started again: ${Date.now() - killedAtMs} ms\n`);

    // Nobody looks after it now; a second command for the same id is refused, a resume is not.
    first.child.kill('SIGKILL');
    await first.finished;
    const twice = await brickyard(train('e2e', out, 'training.steps=300')).finished;
    expect(twice.code).toBe(2);
    const status = brickyard(['train', 'status', 'e2e']);
    expect((await status.finished).code).toBe(0);
    expect(status.said()).toMatch(/watched +by NOBODY/);

    const second = brickyard(['train', 'resume', 'e2e', '--json']);
    await until(() => journal('e2e').filter(({ type }) => type === 'supervising').length === 2, second);
    const beside = brickyard(['train', 'resume', 'e2e']);
    const { code, summary } = await second.finished;
    expect(code, second.said()).toBe(0);
    expect((await beside.finished).code).toBe(2);
    expect(beside.said()).toContain('is supervised by process');
    expect(summary).toMatchObject({
      outcome: 'succeeded',
      clean_up: 'done',
      left: [],
      checkpoint: 300,
      faults: [],
    });

    const reports = read(join(folder, 'runs', 'e2e', 'supervisor', 'reports.jsonl'))
      .trim()
      .split('\n');
    expect(reports.map((line) => JSON.parse(line).why)).toEqual(
      expect.arrayContaining(['began', 'resumed', 'end']),
    );

    // All of it is a run folder like any other.
    const run = join(folder, 'runs', 'e2e', 'outputs', 'run');
    expect(published(store)).toContain(300);
    expect(published(store).length).toBeLessThanOrEqual(4);
    const { contract } = await loadPolicy(join(run, 'checkpoints', 'last', 'policy'));
    expect(contract.parity.onnxruntime_node.end_to_end).toBeLessThanOrEqual(1e-3);
    const success = JSON.parse(read(join(run, 'checkpoints', 'success.json')));
    expect(success['000300']).toMatchObject({ episodes: 1 });
    const log = read(join(folder, 'runs', 'e2e', 'outputs', 'train.log'));
    expect(log).toContain('attempt 2');
    const from = Number(/, from step ([\d,]+)/.exec(log)![1].replaceAll(',', ''));
    expect(ended.step! - from).toBeLessThanOrEqual(SAVED_EVERY);
    expect(read(join(run, 'HANDOVER.md'))).not.toBe('');

    // The token was of no use to this run, and nobody but its owner has it.
    const said = [first, second, beside, status].map((command) => command.said()).join('');
    expect(said).not.toContain(CANARY);
    for (const part of ['runs', 'host', 'store'])
      for (const path of filesBelow(join(folder, part)))
        if (statSync(path).size < 2 ** 20) expect(read(path).includes(CANARY), path).toBe(false);
  },
  LIMIT_MS,
);

/** Somebody else's server where it was built (scripts/fake-gcs.ts), else our own. */
const startBucket = () =>
  existsSync(fakeGcsServerPath()) ? startFakeGcsServer('bucket') : GcsServer.start();

it(
  'publishes to a bucket, and another machine goes on from there alone',
  async () => {
    const server = await startBucket();
    try {
      const url = 'gs://bucket/runs';
      const bucket = { BRICKYARD_GCS_ENDPOINT: server.url };
      const store = openStore('gs://bucket', { gcsEndpoint: server.url });
      const names = async (): Promise<string[]> => (await store.list('')).map(({ path }) => path);
      const one = brickyard(train('first', url, 'training.steps=200'), bucket);
      await until(async () => (await names()).some((name) => name.endsWith('000050/manifest.json')), one);
      one.child.kill('SIGTERM');
      expect((await one.finished).code, one.said()).toBe(130);

      // As if this machine were another one: neither the run's folder nor the host's is there any more.
      for (const gone of ['runs/first', 'host/runs/first']) rmSync(join(folder, gone), { recursive: true });
      const other = brickyard(['train', 'resume', `${url}/first`, '--json'], bucket);
      const { code, summary } = await other.finished;
      expect(code, other.said()).toBe(0);
      expect(summary).toMatchObject({ outcome: 'succeeded', checkpoint: 200 });
      const resumed = journal('first').find(({ type }) => type === 'launching')!;
      expect(resumed.resumeStep).toBeGreaterThanOrEqual(50);
      const policy = join(folder, 'runs', 'first', 'outputs', 'run', 'checkpoints', 'last', 'policy');
      const push = brickyard(['policy', 'push', policy, 'gs://bucket/policies/first', '--json'], bucket);
      expect((await push.finished).code, push.said()).toBe(0);
      const pushed = (await names()).filter((name) => name.startsWith('policies/first/'));
      expect(pushed.every((name) => /\/(policy\.json|policy\.onnx|golden\/[\w.]+)$/.test(name))).toBe(true);
      expect(pushed).toContain('policies/first/policy.json');
    } finally {
      await server.close();
    }
  },
  LIMIT_MS,
);
