/** `train cleanup` against Compute Engine's API: it ends what runs left, and nothing that somebody needs. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { takeRunLock } from '../../runtime/run-lock.ts';
import { cleanUp } from '../../trainer/launch/remote/clean-up.ts';
import { planFromOptions } from '../../trainer/launch/remote/plan-from-options.ts';
import { writeRunPlan } from '../../trainer/launch/remote/run-plan.ts';
import { Scrubber } from '../../trainer/launch/remote/scrub.ts';
import { readSecrets } from '../../trainer/launch/remote/secrets.ts';
import { OWN_LABEL, RUN_LABEL } from '../../trainer/launch/remote/supervisor-plan.ts';
import { supervisorOf } from '../../trainer/launch/remote/supervisor-process.ts';
import { ComputeServer } from '../fakes/compute-server.ts';

const ZONE = 'us-central1-a';
let runs: string;
let compute: ComputeServer;
let said: string[];
/** Of the run that is watched. */
let release: (() => void) | undefined;

beforeEach(async () => {
  runs = mkdtempSync(join(tmpdir(), 'brickyard-cleanup-'));
  compute = new ComputeServer({ operationMs: 0 });
  vi.stubEnv('BRICKYARD_COMPUTE_ENDPOINT', `${await compute.listen()}`);
  vi.stubEnv('BRICKYARD_COMPUTE_TOKEN', 't');
  said = [];
});
afterEach(() => {
  release?.();
  release = undefined;
  vi.unstubAllEnvs();
  compute.server.close();
  rmSync(runs, { recursive: true, force: true });
});

const context = () => ({
  runs,
  secrets: readSecrets(join(runs, '.env'), {}),
  scrubber: new Scrubber([]),
  settings: {},
  say: (text: string) => void said.push(text),
});

/** @param state of its supervisor */
function run(runId: string, state: 'ended' | 'going on' | 'watched'): void {
  const options = {
    provider: 'gcp',
    project: 'p',
    zone: [ZONE],
    gpu: 'A100',
    machineType: [],
    overrides: [],
  };
  const where = { dataset: 'gs://bucket/d', out: 'gs://bucket/r', minEpisodes: '1' };
  const facts = { runId, madeAt: '', command: '', cwd: '/', home: '/' };
  const key = join(runs, 'key');
  writeFileSync(key, '', { mode: 0o600 });
  writeFileSync(`${key}.pub`, 'ssh-ed25519 AAAA');
  writeRunPlan(join(runs, runId), planFromOptions({ ...options, ...where, key }, {}, facts));
  const folder = join(runs, runId, 'supervisor');
  mkdirSync(folder);
  const outcome = state === 'ended' ? { kind: 'failed', reason: '' } : null;
  writeFileSync(join(folder, 'state.json'), JSON.stringify({ run: runId, outcome }));
  if (state === 'watched') release = takeRunLock(folder, runId);
}

const machine = (name: string, labels: Record<string, string>): void =>
  void compute.add(name, ZONE, 'RUNNING', { labels });
const left = (): string[] => [...compute.instances.keys()].sort();

it('ends what an ended run left, and spares all else', async () => {
  run('done', 'ended');
  run('busy', 'going on');
  run('seen', 'watched');
  for (const runId of ['done', 'busy', 'seen', 'elsewhere'])
    machine(`by-${runId}-1`, { ...OWN_LABEL, [RUN_LABEL]: runId });
  machine('somebodys', {});
  await cleanUp({ dryRun: true }, context());
  expect(left()).toHaveLength(5);
  await cleanUp({}, context());
  expect(left()).toEqual(['by-busy-1', 'by-elsewhere-1', 'by-seen-1', 'somebodys']);
  expect(said.join('\n')).toMatch(/by-seen-1 .* stays: process \d+ looks after it/);
  expect(said.join('\n')).toMatch(/by-busy-1 .* stays: .*brickyard train stop busy/);
  await cleanUp({ all: true }, context());
  expect(left()).toEqual(['by-seen-1', 'somebodys']);
});

it('names what could not be ended, as it may still cost money', async () => {
  run('done', 'ended');
  machine('by-done-1', { ...OWN_LABEL, [RUN_LABEL]: 'done' });
  compute.server.order('DELETE', /by-done-1/, { status: 403, body: { error: { message: 'no' } } });
  await expect(cleanUp({}, context())).rejects.toThrow(
    'by-done-1 could not be ended and may still cost money',
  );
});

it('knows a supervisor by more than its number', () => {
  run('seen', 'watched');
  expect(supervisorOf(join(runs, 'seen'))?.pid).toBe(process.pid);
  release?.();
  writeFileSync(join(runs, 'seen', 'supervisor', 'lock'), `${process.pid} 1`);
  expect(supervisorOf(join(runs, 'seen'))).toBeNull();
});
