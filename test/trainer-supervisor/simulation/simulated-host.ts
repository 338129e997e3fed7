/** What answers by ssh on a simulated machine: the agent, its dead man's switch, its trainer. */
import type { Rng } from '../../../sim/engine/rng.ts';
import { HostError, type HostStatus, type Launch } from '../../../trainer/launch/remote/ports.ts';
import type { SimulatedCloud, SimulatedMachine } from './simulated-cloud.ts';
import { SimulatedTrainer, type TrainerWorld } from './simulated-trainer.ts';
import { quotingSecrets } from './unreliable.ts';

/** The switch stops the training with a checkpoint before it ends the machine. */
export const DEAD_MAN_GRACE_S = 60;

export interface HostWorld extends TrainerWorld {
  cloud: SimulatedCloud;
  rng: Rng;
  isReachable(): boolean;
  violate(text: string): void;
  deadManFired(): void;
  count(fault: string): void;
}

/** So old may a list of checkpoints be that a start goes by. */
const LIST_MS = 90_000;

export class SimulatedHost {
  /** All there ever were: what one had left to upload may come after its end. */
  readonly #trainers: SimulatedTrainer[] = [];
  readonly #announced = new Map<number, { newest: number | null; furthest: number; isExcused: boolean }>();
  readonly #world: HostWorld;
  /** Steps lost by each restart, and what excuses it. */
  readonly launches: { attempt: number; resumeStep: number | null; atMs: number }[] = [];

  constructor(world: HostWorld) {
    this.#world = world;
  }

  /** The machine, if ssh reaches it now. */
  reach(id: string): SimulatedMachine {
    const { cloud, time } = this.#world;
    const machine = cloud.machines.find(({ ref }) => ref.id === id);
    if (machine?.state !== 'running' || !this.#world.isReachable())
      throw new HostError('unreachable', quotingSecrets('ssh: connect to host 192.0.2.1 port 22: timed out'));
    if (time.nowMs() < machine.sshFromMs) throw new HostError('refused', 'connection refused');
    return machine;
  }

  prepared(id: string): void {
    const machine = this.reach(id);
    const { scenario, rng, count } = this.#world;
    if (scenario.diskFullOnPrepare) {
      count('disk full');
      throw new HostError('disk-full', 'no space left on the machine');
    }
    if (rng.unit() < scenario.chance.setUpFails) {
      count('set-up failed');
      throw new HostError('setup-failed', quotingSecrets('pip could not fetch torch'));
    }
    machine.isPrepared = true;
  }

  launch(id: string, launch: Launch): void {
    const machine = this.reach(id);
    const { cloud, violate, time, store } = this.#world;
    if (!machine.isPrepared) {
      violate('a trainer was launched on a machine that was not prepared');
      return;
    }
    this.renew(id, launch.deadManS);
    if (launch.attempt === machine.attempt) return;
    if (launch.attempt < machine.attempt) throw new HostError('refused', 'an older attempt');
    const others = cloud.machines.filter((one) => one !== machine && one.trainer?.isAlive);
    if (others.length > 0) violate(`attempt ${launch.attempt} began while another machine still trains`);
    this.#judgeResume(launch);
    machine.trainer?.exit(137);
    machine.attempt = launch.attempt;
    this.launches.push({ attempt: launch.attempt, resumeStep: launch.resumeStep, atMs: time.nowMs() });
    if (launch.resumeStep !== null) store.read(launch.resumeStep);
    machine.trainer = new SimulatedTrainer(this.#world, launch);
    this.#trainers.push(machine.trainer);
  }

  /** A start is announced: what is in storage then is what it may know of. */
  announced(attempt: number): void {
    const { store, time } = this.#world;
    const trainers = this.#trainers;
    const uploadsNow = trainers.some(({ uploadedAtMs }) => time.nowMs() - uploadedAtMs < LIST_MS);
    this.#announced.set(attempt, {
      newest: store.newestWhole(),
      furthest: Math.max(0, ...trainers.map(({ step }) => step)),
      isExcused: uploadsNow || trainers.some((trainer) => !trainer.isPublished),
    });
  }

  /** Never more is lost than what storage did not have yet, and that is one save interval unless uploads fail. */
  #judgeResume({ attempt, resumeStep }: Launch): void {
    const { violate, scenario } = this.#world;
    const announced = this.#announced.get(attempt);
    if (announced === undefined) violate(`attempt ${attempt} was launched before it was announced`);
    if (announced === undefined || announced.isExcused) return;
    const { newest, furthest } = announced;
    if ((resumeStep ?? -1) < (newest ?? -1))
      violate(`attempt ${attempt} goes on from ${resumeStep}, and ${newest} is in storage`);
    const lost = furthest - (resumeStep ?? 0);
    if (lost > scenario.saveEvery)
      violate(
        `attempt ${attempt} loses ${lost} steps, more than the ${scenario.saveEvery} between two checkpoints`,
      );
  }

  status(id: string, runId: string): HostStatus | null {
    return this.reach(id).trainer?.status(runId) ?? null;
  }

  renew(id: string, deadManS: number): void {
    const machine = this.reach(id);
    const { time } = this.#world;
    if (!machine.contactedSinceStart && machine.isFound)
      machine.unguardedMs += time.nowMs() - (machine.paid.at(-1)?.fromMs ?? time.nowMs());
    machine.contactedSinceStart = true;
    const deadlineMs = time.nowMs() + deadManS * 1000;
    machine.deadlineMs = deadlineMs;
    time.after(deadManS * 1000, () => this.#deadMan(machine, deadlineMs));
  }

  /** Armed by the startup script. */
  armAtBoot(machine: SimulatedMachine): void {
    const { deadlineMs } = machine;
    if (deadlineMs === null) return;
    this.#world.time.after(deadlineMs - this.#world.time.nowMs(), () => this.#deadMan(machine, deadlineMs));
  }

  #deadMan(machine: SimulatedMachine, deadlineMs: number): void {
    if (machine.deadlineMs !== deadlineMs || !machine.isAlive) return;
    const { time, cloud, scenario, count } = this.#world;
    count("dead man's switch");
    this.#world.deadManFired();
    machine.trainer?.interrupt();
    time.after(DEAD_MAN_GRACE_S * 1000, () => {
      if (machine.deadlineMs !== deadlineMs || !machine.isAlive) return;
      machine.trainer?.exit(137);
      if (scenario.provider !== 'ssh') cloud.powerOff(machine);
    });
  }

  interrupt(id: string): void {
    this.reach(id).trainer?.interrupt();
  }

  kill(id: string): void {
    this.reach(id).trainer?.exit(137);
  }
}
