/** Clouds as the facts have them: capacity comes and goes, answers are late, machines are taken away. */
import type { Rng } from '../../../sim/engine/rng.ts';
import {
  CloudError,
  type CreateRequest,
  type Machine,
  type MachineRef,
  type MachineState,
  type Offer,
} from '../../../trainer/launch/remote/ports.ts';
import type { Scenario } from './scenario.ts';
import type { SimulatedTrainer } from './simulated-trainer.ts';
import { quotingSecrets } from './unreliable.ts';
import type { VirtualTime } from './virtual-time.ts';

const STOCK_CHANGES_MS = 10 * 60_000;
const STOPS_MS = 30_000;
const SLOW_BOOT_MS = 25 * 60_000;

export class SimulatedMachine {
  readonly ref: MachineRef;
  readonly offer: Offer;
  readonly labels: Readonly<Record<string, string>>;
  readonly isFound: boolean;
  state: MachineState = 'stopped';
  preempted = false;
  /** Not shown before: a new machine takes its time to appear. */
  shownFromMs = 0;
  paid: { fromMs: number; toMs: number | null }[] = [];
  /** Calls off what its present state would come to. */
  cancels: (() => void)[] = [];
  sshFromMs = 0;
  deadlineMs: number | null = null;
  /** Of its boot, where its startup script arms the switch. */
  bootDeadManS: number | null = null;
  maxRunS: number | null = null;
  isPrepared = false;
  trainer: SimulatedTrainer | null = null;
  /** Highest attempt that its agent was given. */
  attempt = 0;
  contactedSinceStart = false;
  /** Of a machine of the user: it ran for so long without the switch, which only what is sent to it can bring. */
  unguardedMs = 0;

  constructor(ref: MachineRef, offer: Offer, labels: Readonly<Record<string, string>>, isFound: boolean) {
    this.ref = ref;
    this.offer = offer;
    this.labels = labels;
    this.isFound = isFound;
  }

  get isAlive(): boolean {
    return this.state === 'starting' || this.state === 'running' || this.state === 'stopping';
  }
}

export class SimulatedCloud {
  readonly machines: SimulatedMachine[] = [];
  readonly #time: VirtualTime;
  readonly #scenario: Scenario;
  readonly #rng: Rng;
  readonly #stock: (zone: string, slot: number) => number;
  readonly #count: (fault: string) => void;
  readonly #made = new Map<string, MachineRef>();

  constructor(
    time: VirtualTime,
    scenario: Scenario,
    rng: Rng,
    stock: (zone: string, slot: number) => number,
    count: (fault: string) => void,
  ) {
    this.#time = time;
    this.#scenario = scenario;
    this.#rng = rng;
    this.#stock = stock;
    this.#count = count;
  }

  /** A machine that was there before. */
  addFound(ref: MachineRef, offer: Offer, state: 'stopped' | 'running'): void {
    const machine = new SimulatedMachine(ref, offer, {}, true);
    this.machines.push(machine);
    if (state === 'running') {
      this.#setState(machine, 'running');
      machine.sshFromMs = 0;
    }
  }

  create(request: CreateRequest): MachineRef {
    const { offer, name, labels, requestId, maxRunS, deadManS } = request;
    const before = this.#made.get(requestId);
    // Of gcp; verda has no such key and makes a second one of the same name.
    if (before !== undefined && this.#scenario.provider === 'gcp') return before;
    this.#refuse(offer.zone);
    const ref = { id: `id-${this.machines.length + 1}`, name, zone: offer.zone };
    const machine = new SimulatedMachine(ref, offer, labels, false);
    machine.shownFromMs = this.#time.nowMs() + this.#rng.range(0, 20_000);
    machine.bootDeadManS = deadManS;
    machine.maxRunS = maxRunS;
    this.machines.push(machine);
    this.#made.set(requestId, ref);
    this.#boot(machine);
    return ref;
  }

  #refuse(zone: string): void {
    const { stockout, quota } = this.#scenario.chance;
    if (this.#stock(zone, Math.floor(this.#time.nowMs() / STOCK_CHANGES_MS)) < stockout) {
      this.#count('out of stock');
      throw new CloudError('stockout', quotingSecrets(`${zone} is out of stock`));
    }
    if (this.#rng.unit() < quota) {
      this.#count('quota');
      throw new CloudError('quota', `quota of ${zone} is used up`, 'region');
    }
  }

  describe(ref: MachineRef): Machine | null {
    const machine = this.#find(ref);
    if (machine === null || machine.state === 'gone' || machine.shownFromMs > this.#time.nowMs()) return null;
    return describe(machine);
  }

  find(labels: Readonly<Record<string, string>>): Machine[] {
    return this.machines
      .filter((machine) => !machine.isFound && machine.state !== 'gone')
      .filter((machine) => machine.shownFromMs <= this.#time.nowMs())
      .filter((machine) => Object.entries(labels).every(([key, value]) => machine.labels[key] === value))
      .map(describe);
  }

  start(ref: MachineRef): void {
    const machine = this.#known(ref);
    if (machine.state === 'running' || machine.state === 'starting') return;
    if (machine.state !== 'stopped') throw new CloudError('busy', `${ref.name} is ${machine.state}`);
    this.#refuse(ref.zone);
    this.#boot(machine);
  }

  stop(ref: MachineRef): void {
    const machine = this.#known(ref);
    if (machine.state === 'running' || machine.state === 'starting') this.#goDown(machine, 'stopped');
  }

  delete(ref: MachineRef): void {
    const machine = this.#find(ref);
    if (machine === null || machine.state === 'gone') return;
    if (this.#scenario.provider === 'verda' && machine.state === 'starting') {
      this.#count('delete refused while provisioning');
      throw new CloudError('busy', "Can't discontinue a provisioning instance");
    }
    if (machine.state === 'stopped' || machine.state === 'failed') this.#setState(machine, 'gone');
    else this.#goDown(machine, 'gone');
  }

  preempt(machine: SimulatedMachine): void {
    if (machine.state !== 'running' && machine.state !== 'starting') return;
    this.#count('preemption');
    machine.preempted = true;
    if (this.#scenario.provider === 'verda') this.#setState(machine, 'gone');
    else this.#goDown(machine, 'stopped');
  }

  /** The machine ends itself: its dead man's switch, or its longest life. */
  powerOff(machine: SimulatedMachine): void {
    this.#goDown(machine, 'stopped');
  }

  #boot(machine: SimulatedMachine): void {
    machine.preempted = false;
    machine.contactedSinceStart = false;
    this.#setState(machine, 'starting');
    const { slowBoot, failedBoot } = this.#scenario.chance;
    const isSlow = this.#rng.unit() < slowBoot;
    const fails = this.#rng.unit() < failedBoot && !machine.isFound;
    if (isSlow) this.#count('slow boot');
    const bootMs = isSlow ? SLOW_BOOT_MS : this.#scenario.bootS * 1000 * this.#rng.range(0.5, 1.5);
    // Verda answers a delete only once it is provisioned.
    const longestMs = this.#scenario.provider === 'verda' ? Math.min(bootMs, 5 * 60_000) : bootMs;
    this.#later(machine, longestMs, () => {
      if (fails) this.#count('boot failed');
      if (!fails) machine.sshFromMs = this.#time.nowMs() + this.#rng.range(0, 60_000);
      this.#setState(machine, fails ? 'failed' : 'running');
    });
  }

  #goDown(machine: SimulatedMachine, to: 'stopped' | 'gone'): void {
    if (machine.state === 'stopping' && to === 'stopped') return;
    this.#setState(machine, 'stopping');
    this.#later(machine, STOPS_MS, () => this.#setState(machine, to));
  }

  #setState(machine: SimulatedMachine, state: MachineState): void {
    const nowMs = this.#time.nowMs();
    for (const cancel of machine.cancels) cancel();
    machine.cancels = [];
    const wasAlive = machine.isAlive;
    machine.state = state;
    if (machine.isAlive && !wasAlive) {
      machine.paid.push({ fromMs: nowMs, toMs: null });
      if (machine.bootDeadManS !== null) machine.deadlineMs = nowMs + machine.bootDeadManS * 1000;
    }
    if (!machine.isAlive && wasAlive) machine.paid.at(-1)!.toMs = nowMs;
    if (state !== 'running') machine.trainer?.powerOff();
    if (!machine.isAlive) machine.deadlineMs = null;
    else if (machine.maxRunS !== null && state !== 'stopping') {
      const leftMs = machine.paid.at(-1)!.fromMs + machine.maxRunS * 1000 - nowMs;
      this.#later(machine, leftMs, () => this.#setState(machine, 'stopped'));
    }
  }

  #later(machine: SimulatedMachine, delayMs: number, run: () => void): void {
    machine.cancels.push(this.#time.after(delayMs, run));
  }

  #find(ref: MachineRef): SimulatedMachine | null {
    return this.machines.find(({ ref: { id } }) => id === ref.id) ?? null;
  }

  #known(ref: MachineRef): SimulatedMachine {
    const machine = this.#find(ref);
    if (machine === null || machine.state === 'gone') throw new CloudError('not-found', `no ${ref.name}`);
    return machine;
  }
}

function describe(machine: SimulatedMachine): Machine {
  const { ref, state, preempted, labels, offer } = machine;
  return { ...ref, state, preempted, labels, offer, address: state === 'running' ? '192.0.2.1' : null };
}
