/** Runs one scenario from beginning to end, with as many supervisors as its crashes ask for. */
import { Rng } from '../../../sim/engine/rng.ts';
import {
  type Cloud,
  CloudError,
  type Host,
  HostError,
  type RunStore,
  StoreError,
} from '../../../trainer/launch/remote/ports.ts';
import { Scrubber } from '../../../trainer/launch/remote/scrub.ts';
import type { JournalLine } from '../../../trainer/launch/supervisor/journal-line.ts';
import type { OutcomeKind, SupervisorPlan } from '../../../trainer/launch/supervisor/plan.ts';
import { SUPERVISOR_TIMING } from '../../../trainer/launch/supervisor/plan.ts';
import { supervise } from '../../../trainer/launch/supervisor/run.ts';
import { Incarnation } from './incarnation.ts';
import { Invariants } from './invariants.ts';
import type { Outage, Scenario } from './scenario.ts';
import { SimulatedCloud } from './simulated-cloud.ts';
import { SimulatedHost } from './simulated-host.ts';
import { type PublisherBug, SimulatedStore } from './simulated-store.ts';
import { CANARIES, Unreliable } from './unreliable.ts';
import { VirtualTime } from './virtual-time.ts';

export interface Simulated {
  seed: number;
  violations: string[];
  outcome: OutcomeKind | null;
  faults: Map<string, number>;
  events: number;
  virtualHours: number;
  /** Seconds from each preemption to the next trainer. */
  backInS: number[];
  journal: JournalLine[];
}

/** Machines, limits and late answers outlive the last supervisor by this. */
const AFTERMATH_MS = 3 * 3_600_000;
const MOST_EVENTS = 600_000;
const EXISTING = { id: 'the-users-own', name: 'the-users-own', zone: 'zone-1' };

export async function simulate(scenario: Scenario, bug: PublisherBug = null): Promise<Simulated> {
  const world = new SimulatedWorld(scenario, bug);
  return world.run();
}

class SimulatedWorld {
  readonly #scenario: Scenario;
  readonly #time = new VirtualTime();
  readonly #rng: Rng;
  readonly #faults = new Map<string, number>();
  readonly #disk: JournalLine[] = [];
  readonly #stop = new AbortController();
  readonly #wire: Unreliable;
  readonly #cloud: SimulatedCloud;
  readonly #store: SimulatedStore;
  readonly #host: SimulatedHost;
  readonly #invariants: Invariants;
  readonly #preemptedAtMs: number[] = [];
  readonly #bugs: unknown[] = [];
  readonly #crashes: Scenario['crashes'];
  #isOver = false;

  constructor(scenario: Scenario, bug: PublisherBug) {
    this.#scenario = scenario;
    this.#crashes = [...scenario.crashes];
    const { seed } = scenario;
    this.#rng = Rng.from('simulated world', seed);
    const plan = planOf(scenario);
    this.#disk.push({ type: 'planned', plan, atMs: this.#time.nowMs() });
    this.#invariants = new Invariants(this.#time, scenario, plan, () => this.#cloud);
    const count = this.#count;
    this.#wire = new Unreliable(this.#time, Rng.from('wire', seed), scenario.chance, count);
    const stock = (zone: string, slot: number): number => Rng.from('stock', seed, zone, slot).unit();
    this.#cloud = new SimulatedCloud(this.#time, scenario, Rng.from('cloud', seed), stock, count);
    const offer = {
      zone: 'zone-1',
      type: 'own',
      gpu: 'A100',
      gpus: 1,
      pricePerHourUsd: scenario.provider === 'ssh' ? null : 2,
    };
    if (scenario.existing !== null) this.#cloud.addFound(EXISTING, offer, scenario.existing);
    this.#store = new SimulatedStore(() => this.#time.nowMs(), this.#invariants.violate, bug);
    this.#host = new SimulatedHost({
      time: this.#time,
      scenario,
      store: this.#store,
      cloud: this.#cloud,
      rng: Rng.from('host', seed),
      isReachable: () => !this.#isOut('host'),
      uploadFails: () => this.#isOut('store') || this.#chance(scenario.chance.uploadFails, 'upload failed'),
      violate: this.#invariants.violate,
      deadManFired: this.#invariants.deadManFired,
      count,
    });
  }

  async run(): Promise<Simulated> {
    this.#planMishaps();
    this.#begin();
    try {
      await this.#time.pass(() => this.#isOver, MOST_EVENTS);
    } catch (error) {
      this.#invariants.violate((error as Error).message);
    }
    for (const bug of this.#bugs) this.#invariants.violate(`it threw ${(bug as Error).stack ?? bug}`);
    this.#invariants.judge();
    this.#judgeOutcome();
    return {
      seed: this.#scenario.seed,
      violations: this.#invariants.violations,
      outcome: this.#invariants.end?.outcome.kind ?? null,
      faults: this.#faults,
      events: this.#time.events,
      virtualHours: (this.#time.nowMs() - Date.UTC(2026, 0, 1)) / 3_600_000,
      backInS: this.#backInS(),
      journal: this.#disk,
    };
  }

  readonly #count = (fault: string): void => {
    this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + 1);
  };

  #chance(p: number, fault: string): boolean {
    if (this.#rng.unit() >= p) return false;
    this.#count(fault);
    return true;
  }

  /** What happens whatever the supervisor does. */
  #planMishaps(): void {
    const { preemptionsS, hangsS, silentAgentsS, exits, outages, interruptAtS, loginLostAtS } =
      this.#scenario;
    const at = (seconds: number, run: () => void): void => void this.#time.after(seconds * 1000, run);
    const trainers = () => this.#cloud.machines.flatMap(({ trainer }) => (trainer?.isAlive ? [trainer] : []));
    for (const atS of preemptionsS)
      at(atS, () => {
        for (const machine of this.#cloud.machines) {
          if (this.#scenario.provider === 'ssh' || !machine.isAlive || machine.state === 'stopping') continue;
          if (machine.trainer?.isAlive) this.#preemptedAtMs.push(this.#time.nowMs());
          this.#cloud.preempt(machine);
        }
      });
    for (const atS of hangsS) at(atS, () => this.#each(trainers(), 'trainer hangs', (one) => one.hang()));
    for (const atS of silentAgentsS)
      at(atS, () => this.#each(trainers(), 'agent falls silent', (one) => one.fallSilent()));
    for (const { atS, code } of exits)
      at(atS, () => this.#each(trainers(), 'trainer dies', (one) => one.exit(code)));
    for (const { of, fromS, forS } of outages)
      at(fromS, () => {
        this.#count(`outage of ${of}`);
        this.#invariants.troubled(this.#time.nowMs() + forS * 1000);
      });
    if (loginLostAtS !== null) at(loginLostAtS, () => this.#invariants.troubled(Number.POSITIVE_INFINITY));
    if (interruptAtS !== null)
      at(interruptAtS, () => {
        this.#count('interrupted by the user');
        this.#stop.abort();
      });
  }

  #each<T>(all: T[], fault: string, run: (one: T) => void): void {
    for (const one of all) {
      this.#count(fault);
      run(one);
    }
  }

  #isOut(of: Outage['of']): boolean {
    const nowS = (this.#time.nowMs() - Date.UTC(2026, 0, 1)) / 1000;
    const { outages, loginLostAtS } = this.#scenario;
    if (of === 'login' && loginLostAtS !== null && nowS > loginLostAtS) return true;
    return outages.some(
      (outage) => outage.of === of && nowS >= outage.fromS && nowS < outage.fromS + outage.forS,
    );
  }

  /** A supervisor is started, the first time or after a crash. */
  #begin(): void {
    const crash = this.#crashes.shift() ?? null;
    const life = new Incarnation(
      this.#disk,
      crash,
      ({ downS }) => {
        this.#count('supervisor killed');
        this.#invariants.died();
        if (downS === null) this.#time.after(AFTERMATH_MS, () => this.#over());
        else this.#time.after(downS * 1000, () => this.#begin(), true);
      },
      (line) => {
        this.#invariants.wrote(line);
        if (line.type === 'launching') this.#host.announced(line.attempt);
      },
    );
    const scrubber = new Scrubber(CANARIES);
    this.#invariants.begun();
    const live =
      <T>(run: (value: T) => void) =>
      (value: T) =>
        void (life.isDead || run(value));
    supervise({
      clock: life.clock(this.#time),
      random: { next: () => this.#rng.unit() },
      cloud: this.#cloudPort(life),
      host: this.#hostPort(life),
      store: this.#storePort(life),
      journal: life,
      stop: this.#stop.signal,
      scrub: (text) => scrubber.scrub(text),
      report: live((report) => this.#invariants.reported(report)),
      status: live((status) => this.#invariants.showed(status)),
      onCheckpoint: () => {},
    }).then(
      (end) => {
        if (life.isDead) return;
        this.#invariants.finished(end);
        this.#time.after(AFTERMATH_MS, () => this.#over());
      },
      (error) => {
        if (life.isDead) return;
        this.#bugs.push(error);
        this.#over();
      },
    );
  }

  #over(): void {
    this.#isOver = true;
  }

  #cloudPort(life: Incarnation): Cloud {
    const lost = (text: string): Error => new CloudError('transient', text);
    const ask = <T>(effect: () => T, canRepeat = false): Promise<T> => {
      this.#invariants.requested();
      return life.call(() =>
        this.#wire.request(
          () => {
            if (this.#isOut('login')) throw new CloudError('credentials', 'the login has expired');
            if (this.#isOut('cloud')) throw lost('503');
            return effect();
          },
          lost,
          canRepeat,
        ),
      );
    };
    return {
      name: this.#scenario.provider,
      offers: () => ask(() => this.#scenario.offers),
      create: (request) =>
        ask(() => {
          const ref = this.#cloud.create(request);
          this.#host.armAtBoot(this.#cloud.machines.at(-1)!);
          return ref;
        }, true),
      describe: (ref) => ask(() => this.#cloud.describe(ref)),
      find: (labels) => ask(() => this.#cloud.find(labels)),
      start: (ref) =>
        ask(() => {
          this.#cloud.start(ref);
          const machine = this.#cloud.machines.find((one) => one.ref.id === ref.id);
          if (machine) this.#host.armAtBoot(machine);
        }),
      stop: (ref) => ask(() => this.#cloud.stop(ref)),
      delete: (ref) => ask(() => this.#cloud.delete(ref)),
    };
  }

  #hostPort(life: Incarnation): Host {
    const lost = (text: string): Error => new HostError('unreachable', text);
    const ask = <T>(effect: () => T): Promise<T> => {
      this.#invariants.requested();
      return life.call(() => this.#wire.request(effect, lost));
    };
    const slowly = (seconds: number, begin: () => void, effect: () => void): Promise<void> =>
      life.call(async () => {
        begin();
        await this.#time.sleep(seconds * 1000);
        return this.#wire.request(effect, lost);
      });
    return {
      prepare: (machine) =>
        slowly(
          this.#isPrepared(machine.id) ? 5 : this.#scenario.setUpS,
          // The switch is the first thing that is sent.
          () => this.#host.renew(machine.id, SUPERVISOR_TIMING.deadManS),
          () => this.#host.prepared(machine.id),
        ),
      launch: (machine, launch) => ask(() => this.#host.launch(machine.id, launch)),
      status: (machine) => ask(() => this.#host.status(machine.id, 'simulated')),
      renew: (machine, deadManS) => ask(() => this.#host.renew(machine.id, deadManS)),
      log: () => ask(() => ({ text: '', nextByte: 0 })),
      interrupt: (machine) => ask(() => this.#host.interrupt(machine.id)),
      kill: (machine) => ask(() => this.#host.kill(machine.id)),
      fetchOutputs: (machine) =>
        slowly(
          20,
          () => void this.#host.reach(machine.id),
          () => void this.#host.reach(machine.id),
        ),
    };
  }

  #isPrepared(id: string): boolean {
    return this.#cloud.machines.some(({ ref, isPrepared }) => ref.id === id && isPrepared);
  }

  #storePort(life: Incarnation): RunStore {
    const lost = (text: string): Error => new StoreError('transient', text);
    return {
      checkpoints: () => {
        this.#invariants.requested();
        return life.call(() =>
          this.#wire.request(() => {
            if (this.#isOut('store')) throw lost('503');
            const isStale = this.#chance(this.#scenario.chance.staleList, 'stale list');
            return isStale ? this.#store.staleList(this.#time.nowMs()) : this.#store.list();
          }, lost),
        );
      },
    };
  }

  /** Where nothing stands in the way for good, a training succeeds; and none is said to that did not. */
  #judgeOutcome(): void {
    const { end, violate } = this.#invariants;
    const { steps } = this.#scenario;
    if (end?.outcome.kind === 'succeeded' && this.#store.newestWhole() !== steps)
      violate(
        `it is said to have succeeded, and the newest checkpoint is ${this.#store.newestWhole()} of ${steps}`,
      );
    if (end !== null && end.outcome.kind !== 'succeeded' && mustSucceed(this.#scenario))
      violate(`it ended ${end.outcome.kind}: ${end.outcome.reason}`);
    const isAlive = this.#crashes.length === 0 || end !== null;
    const isLeft = this.#scenario.crashes.some(({ downS }) => downS === null);
    if (end === null && isAlive && !isLeft) violate('it never ended');
  }

  #backInS(): number[] {
    return this.#preemptedAtMs.flatMap((atMs) => {
      const next = this.#host.launches.find((launch) => launch.atMs > atMs);
      return next === undefined ? [] : [(next.atMs - atMs) / 1000];
    });
  }
}

function planOf(scenario: Scenario): SupervisorPlan {
  return {
    runId: `seed-${scenario.seed}`,
    labels: { 'brickyard-run': `seed-${scenario.seed}` },
    publicKey: 'ssh-ed25519 AAAA',
    existing: scenario.existing === null ? null : EXISTING,
    existingAfterwards: scenario.existingAfterwards,
    rentElsewhere: scenario.rentElsewhere,
    maxHours: scenario.maxHours,
    maxCostUsd: scenario.maxCostUsd,
    outputs: 'outputs',
    timing: SUPERVISOR_TIMING,
  };
}

/** No cap near, nobody who interrupts, nothing lost for good, and no more bad luck than attempts. */
function mustSucceed(scenario: Scenario): boolean {
  const { maxHours, maxCostUsd, interruptAtS, loginLostAtS, diskFullOnPrepare, chance, crashes } = scenario;
  const mishaps = scenario.hangsS.length + scenario.silentAgentsS.length + scenario.exits.length;
  const longOutage = scenario.outages.some(({ of, forS }) => of === 'host' && forS > 500);
  const isPatient = maxHours >= 30 && (maxCostUsd === null || maxCostUsd >= 100);
  const isOnSsh = scenario.provider === 'ssh';
  return (
    isPatient &&
    interruptAtS === null &&
    loginLostAtS === null &&
    !diskFullOnPrepare &&
    !scenario.isTrainerBroken &&
    !longOutage &&
    chance.setUpFails === 0 &&
    chance.quota === 0 &&
    chance.stockout < 0.5 &&
    mishaps < 4 &&
    !isOnSsh &&
    chance.uploadFails < 0.3 &&
    crashes.every(({ downS }) => downS !== null && downS < 1800)
  );
}
