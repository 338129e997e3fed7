/** The real supervisor on the fakes of both clouds: stock-outs, preemptions, and what is left at the end. */
import { expect, it } from 'vitest';
import { GcpCloud } from '../../trainer/launch/cloud/gcp.ts';
import { VerdaCloud } from '../../trainer/launch/cloud/verda.ts';
import { VerdaApi } from '../../trainer/launch/cloud/verda-api.ts';
import {
  type Clock,
  type Cloud,
  type Host,
  HostError,
  type HostStatus,
  type Launch,
  type Machine,
  type PublishedCheckpoint,
} from '../../trainer/launch/remote/ports.ts';
import type { JournalLine } from '../../trainer/launch/supervisor/journal-line.ts';
import { SUPERVISOR_TIMING, type SupervisorPlan } from '../../trainer/launch/supervisor/plan.ts';
import { type RunEnd, supervise } from '../../trainer/launch/supervisor/run.ts';
import { ComputeServer } from '../fakes/compute-server.ts';
import { VerdaServer } from '../fakes/verda-server.ts';

const LABELS = { brickyard: 'train', 'brickyard-run': 'r1' };
const MINUTE_MS = 60_000;

/** Time stands still while anything can go on without it. */
class SteppedTime implements Clock {
  #nowMs = Date.parse('2026-11-21T12:00:00Z');
  readonly #sleepers: { atMs: number; wake: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((wake) => {
      if (signal?.aborted) return wake();
      this.#sleepers.push({ atMs: this.#nowMs + durationMs, wake });
      signal?.addEventListener('abort', () => wake(), { once: true });
    });
  }

  async pass(isOver: () => boolean): Promise<void> {
    for (let events = 0; !isOver(); events++) {
      if (events > 20_000) throw new Error('it goes round in a circle');
      for (let turns = 0; turns < 12; turns++) await new Promise((resolve) => setImmediate(resolve));
      this.#sleepers.sort((a, b) => a.atMs - b.atMs);
      const next = this.#sleepers.shift();
      if (!next || isOver()) continue;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
    }
  }
}

/** A step every ten seconds; storage has each sixtieth. */
class PretendHost implements Host {
  readonly launches: Launch[] = [];
  readonly #clock: Clock;
  readonly #steps = 600;
  #on: { machine: string; atMs: number } | undefined;
  publishedStep = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  checkpoints = async (): Promise<PublishedCheckpoint[]> =>
    this.publishedStep === 0
      ? []
      : [{ step: this.publishedStep, bytes: 1, sha256: 'x', validationLoss: null }];

  async prepare(machine: Machine): Promise<void> {
    if (machine.address === null) throw new HostError('unreachable', 'no address');
    await this.#clock.sleep(3 * MINUTE_MS);
  }

  async launch({ id }: Machine, launch: Launch): Promise<void> {
    if (this.launches.at(-1)?.attempt === launch.attempt) return;
    this.launches.push(launch);
    this.#on = { machine: id, atMs: this.#clock.nowMs() };
  }

  async status({ id }: Machine): Promise<HostStatus | null> {
    const launch = this.launches.at(-1);
    if (!launch || this.#on?.machine !== id) return null;
    const nowMs = this.#clock.nowMs();
    const step = Math.min(
      this.#steps,
      (launch.resumeStep ?? 0) + Math.floor((nowMs - this.#on.atMs) / 10_000),
    );
    this.publishedStep = Math.max(this.publishedStep, step - (step % 60));
    const isEnded = step === this.#steps;
    return {
      runId: 'r1',
      attempt: launch.attempt,
      sequence: nowMs,
      state: isEnded ? 'ended' : 'training',
      exitCode: isEnded ? 0 : null,
      step,
      steps: this.#steps,
      loss: 1 / (1 + step),
      steppedAtMs: nowMs,
      writtenAtMs: nowMs,
      publishedStep: this.publishedStep,
      gpuMemoryBytes: null,
      uploadFault: null,
    };
  }

  async renew(): Promise<void> {}
  async log(): Promise<{ text: string; nextByte: number }> {
    return { text: '', nextByte: 0 };
  }
  async interrupt(): Promise<void> {}
  async kill(): Promise<void> {}
  async fetchOutputs(): Promise<void> {}
}

interface Supervised {
  end: RunEnd;
  journal: JournalLine[];
}

async function supervised(
  cloud: Cloud,
  time: SteppedTime,
  host: PretendHost,
  more: Partial<SupervisorPlan>,
): Promise<Supervised> {
  const plan: SupervisorPlan = {
    runId: 'r1',
    labels: LABELS,
    publicKey: 'ssh-ed25519 AAAA brickyard',
    existing: null,
    existingAfterwards: 'stopped',
    rentElsewhere: false,
    maxHours: 10,
    maxCostUsd: null,
    outputs: '/nowhere',
    timing: SUPERVISOR_TIMING,
    ...more,
  };
  const journal: JournalLine[] = [{ type: 'planned', plan, atMs: time.nowMs() }];
  let random = 0.1;
  const ending = supervise({
    clock: time,
    random: {
      next() {
        random = (random + 0.618) % 1;
        return random;
      },
    },
    cloud,
    host,
    store: { checkpoints: host.checkpoints },
    journal: { lines: journal.slice(), append: (line) => void journal.push(line) },
    stop: new AbortController().signal,
    scrub: (text) => text,
    report() {},
    status() {},
    onCheckpoint() {},
  });
  let end: RunEnd | undefined;
  let fault: unknown;
  ending.then(
    (result) => {
      end = result;
    },
    (error: unknown) => {
      fault = error;
    },
  );
  await time.pass(() => end !== undefined || fault !== undefined);
  if (fault !== undefined) throw fault;
  return { end: end!, journal };
}

/** The fake's time is the supervisor's. */
const inStep =
  (time: SteppedTime, fake: ComputeServer | VerdaServer) =>
  (url: string, init: RequestInit): Promise<Response> => {
    fake.advance(Math.max(0, time.nowMs() - fake.nowMs));
    return fake.server.fetch(url, init);
  };

function gcp(time: SteppedTime, fake: ComputeServer, existing: string | null): GcpCloud {
  const offer = { type: 'a2-highgpu-1g', gpu: 'A100', gpus: 1, pricePerHourUsd: 1 };
  return new GcpCloud({
    project: 'p',
    wanted: ['us-central1-a', 'us-central1-b'].map((zone) => ({ ...offer, zone })),
    existing: existing === null ? null : { name: existing, publicKey: 'ssh-ed25519 AAAA brickyard' },
    pricePerHourUsd: 1,
    image: 'i',
    diskGb: 100,
    spot: true,
    serviceAccount: null,
    user: 'brickyard',
    token: async () => 't',
    clock: time,
    base: 'http://fake',
    fetch: inStep(time, fake),
  });
}

it('gcp: another zone when one is out of stock, again after a preemption, and nothing is left', async () => {
  const [time, fake] = [new SteppedTime(), new ComputeServer()];
  const host = new PretendHost(time);
  fake.soldOut.add('us-central1-a');
  void time.sleep(45 * MINUTE_MS).then(() => fake.preempt([...fake.instances.keys()][0]));
  const { end, journal } = await supervised(gcp(time, fake, null), time, host, {});
  expect(end).toMatchObject({ outcome: { kind: 'succeeded' }, left: [] });
  expect(fake.instances.size).toBe(0);
  expect(journal).toContainEqual(expect.objectContaining({ type: 'not-created', fault: 'stockout' }));
  expect(journal).toContainEqual(expect.objectContaining({ type: 'down', preempted: true, gone: false }));
  expect(host.launches.length).toBe(2);
  expect(host.launches[1].resumeStep).toBeGreaterThanOrEqual(120);
});

it('gcp: the user’s own instance is started, started again, and left stopped without our key', async () => {
  const [time, fake] = [new SteppedTime(), new ComputeServer()];
  const host = new PretendHost(time);
  const mine = fake.add('mine', 'us-central1-a', 'TERMINATED');
  void time.sleep(45 * MINUTE_MS).then(() => fake.preempt('mine'));
  const existing = { id: 'mine', name: 'mine', zone: 'us-central1-a' };
  const { end } = await supervised(gcp(time, fake, 'mine'), time, host, { existing });
  expect(end).toMatchObject({ outcome: { kind: 'succeeded' }, left: [] });
  expect(mine.status).toBe('TERMINATED');
  expect(mine.body.metadata?.items).toEqual([]);
  expect(host.launches.map(({ attempt }) => attempt)).toEqual([1, 2]);
});

it('verda: a new machine after an eviction; disks, keys and scripts are gone at the end', async () => {
  const [time, fake] = [new SteppedTime(), new VerdaServer()];
  const host = new PretendHost(time);
  const api = new VerdaApi({
    login: { clientId: 'client', clientSecret: 'secret' },
    nowMs: () => time.nowMs(),
    base: 'http://fake',
    fetch: inStep(time, fake),
  });
  const wanted = { gpu: 'H100', gpus: 1, types: [], locations: [], spot: true };
  const cloud = new VerdaCloud({
    api,
    clock: time,
    ...wanted,
    image: 'ubuntu',
    osVolumeGb: 100,
    volume: null,
  });
  void time.sleep(45 * MINUTE_MS).then(() => fake.evict([...fake.instances.keys()][0]));
  const { end, journal } = await supervised(cloud, time, host, {});
  expect(end).toMatchObject({ outcome: { kind: 'succeeded' }, left: [] });
  expect(journal).toContainEqual(expect.objectContaining({ type: 'down', preempted: true, gone: true }));
  expect(host.launches[1].resumeStep).toBeGreaterThanOrEqual(120);
  const living = [...fake.instances.values()].filter(({ status }) => status !== 'discontinued');
  expect(living).toEqual([]);
  expect([fake.volumes.size, fake.sshkeys.size, fake.scripts.size]).toEqual([0, 0, 0]);
});
