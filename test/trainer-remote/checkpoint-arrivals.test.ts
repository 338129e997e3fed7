/** Checkpoints come home once each, the newest first, as a run folder like any other; the old ones go. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CheckpointArrivals, type NamedCheckpoint } from '../../trainer/launch/remote/checkpoint-arrivals.ts';
import { StoreError } from '../../trainer/launch/remote/ports.ts';

let folder: string;
let run: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-arrivals-'));
  run = join(folder, 'run');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const stored = (step: number, validationLoss: number | null = null): NamedCheckpoint => ({
  step,
  name: `act_step_${step}`,
  bytes: 1,
  sha256: '',
  validationLoss,
});
const digits = (step: number): string => String(step).padStart(6, '0');

class Store {
  held: NamedCheckpoint[] = [];
  fetched: string[] = [];
  async checkpoints(): Promise<NamedCheckpoint[]> {
    return this.held;
  }
  async fetch(name: string, into: string): Promise<string> {
    const found = this.held.find((one) => one.name === name);
    if (!found) throw new StoreError('not-found', `no ${name}`);
    this.fetched.push(name);
    const target = join(into, name);
    for (const part of ['pretrained_model', 'run']) mkdirSync(join(target, part), { recursive: true });
    writeFileSync(join(target, 'pretrained_model', 'config.json'), '{}');
    writeFileSync(join(target, 'run', 'place.json'), JSON.stringify({ name: digits(found.step) }));
    writeFileSync(join(target, 'run', 'run.json'), `{"of":${found.step}}`);
    return target;
  }
}

function arrivals(store: Store, more: Partial<ConstructorParameters<typeof CheckpointArrivals>[0]> = {}) {
  const policies: string[] = [];
  const said: string[] = [];
  const made = new CheckpointArrivals({
    store,
    run,
    temporary: join(folder, 'arriving'),
    exportPolicy: async (_, policy) => {
      mkdirSync(policy);
      writeFileSync(join(policy, 'policy.json'), '{}');
    },
    onPolicy: (name) => void policies.push(name),
    say: (line) => void said.push(line),
    ...more,
  });
  return { made, policies, said };
}

it('brings one home, exports it, and makes a run folder of it', async () => {
  const store = new Store();
  store.held = [stored(10, 0.5)];
  const { made, policies } = arrivals(store);
  made.arrived(store.held[0]);
  made.arrived(store.held[0]);
  await made.idle();
  expect(policies).toEqual(['000010']);
  expect(readdirSync(run).sort()).toEqual(['checkpoints', 'run.json']);
  expect(existsSync(join(run, 'checkpoints/000010/run'))).toBe(false);
  expect(readlinkSync(join(run, 'checkpoints/last'))).toBe('000010');
  expect(readlinkSync(join(run, 'checkpoints/best'))).toBe('000010');
  made.arrived(store.held[0]);
  await made.idle();
  expect(store.fetched).toHaveLength(1);
});

it('takes the newest first, and no offence at one that storage dropped', async () => {
  const store = new Store();
  store.held = [stored(10), stored(30)];
  const { made, policies, said } = arrivals(store);
  for (const step of [10, 20, 30]) made.arrived(stored(step));
  await made.idle();
  // The first one is under way before the others are known.
  expect(policies).toEqual(['000010', '000030']);
  expect(made.faults).toEqual([]);
  expect(said.some((line) => line.includes('20'))).toBe(false);
});

it('does not bring again what an earlier supervisor brought, but exports what it did not', async () => {
  const store = new Store();
  store.held = [stored(10)];
  const first = arrivals(store, { exportPolicy: undefined });
  first.made.arrived(stored(10));
  await first.made.idle();
  expect(first.policies).toEqual([]);
  const second = arrivals(store);
  second.made.arrived(stored(10));
  await second.made.idle();
  expect(store.fetched).toHaveLength(1);
  expect(second.policies).toEqual(['000010']);
});

it('keeps three, the best, and what waits for its rollout', async () => {
  const store = new Store();
  const { made } = arrivals(store);
  for (const [step, loss] of [
    [1, 0.9],
    [2, 0.1],
    [3, 0.8],
    [4, 0.7],
    [5, 0.6],
    [6, 0.5],
  ] as const) {
    store.held.push(stored(step, loss));
    made.arrived(stored(step));
    await made.idle();
    if (step === 3) symlinkSync(digits(3), join(run, 'checkpoints/rollout-000003'));
  }
  const whole = readdirSync(join(run, 'checkpoints')).filter((name) => /^\d+$/.test(name));
  expect(whole).toEqual([2, 3, 4, 5, 6].map(digits));
});

it('replaces what the outputs brought without weights', async () => {
  mkdirSync(join(run, 'checkpoints', digits(10)), { recursive: true });
  writeFileSync(join(run, 'checkpoints', digits(10), 'checkpoint.json'), '{}');
  const store = new Store();
  store.held = [stored(10)];
  const { made, policies } = arrivals(store);
  made.arrived(stored(10));
  await made.idle();
  expect(policies).toEqual(['000010']);
});

it('names what fails and goes on with the rest', async () => {
  const store = new Store();
  store.held = [stored(10), stored(20)];
  let failures = 1;
  const { made, policies } = arrivals(store, {
    exportPolicy: async (_, policy) => {
      if (failures-- > 0) throw new Error('no Python');
      mkdirSync(policy);
      writeFileSync(join(policy, 'policy.json'), '{}');
    },
  });
  for (const one of store.held) made.arrived(one);
  await made.idle();
  expect(made.faults).toEqual(['the checkpoint of step 10: no Python']);
  expect(policies).toEqual(['000020']);
});

it('begins nothing after it was stopped', async () => {
  const store = new Store();
  store.held = [stored(10), stored(20)];
  const { made, policies } = arrivals(store);
  made.arrived(stored(10));
  made.stop();
  made.arrived(stored(20));
  await made.idle();
  expect(policies).toEqual([]);
});
