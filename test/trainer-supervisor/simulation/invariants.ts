/** What must hold in every simulated run, and the words for what did not. */
import type { JournalLine } from '../../../trainer/launch/supervisor/journal-line.ts';
import type { SupervisorPlan } from '../../../trainer/launch/supervisor/plan.ts';
import type { RunEnd } from '../../../trainer/launch/supervisor/run.ts';
import type { Report, RunStatus } from '../../../trainer/launch/supervisor/status.ts';
import type { Scenario } from './scenario.ts';
import type { SimulatedCloud, SimulatedMachine } from './simulated-cloud.ts';
import { DEAD_MAN_GRACE_S } from './simulated-host.ts';
import { CANARIES, LATEST_EFFECT_MS } from './unreliable.ts';
import type { VirtualTime } from './virtual-time.ts';

const REPORT_MS = 31 * 60_000;
const ORPHAN_MS = 15 * 60_000;
const LOOK_MS = 60_000;
/** A trainer that hangs is restarted well within this, while its supervisor lives and reaches it. */
const HUNG_MS = { afterSteps: 35 * 60_000, before: 80 * 60_000 };
/** Of one kind of request in an hour. */
const REQUESTS_AN_HOUR = 1500;
/** Of a trainer that ends at once; a few of these ends are not the trainer's. */
const BROKEN_ATTEMPTS = 14;
const STEPS_AT_ONCE = 1000;
const STOPS_S = 40;

export class Invariants {
  readonly violations: string[] = [];
  readonly #time: VirtualTime;
  readonly #scenario: Scenario;
  readonly #plan: SupervisorPlan;
  readonly #cloud: () => SimulatedCloud;
  #livesSinceMs: number | null = null;
  #reportedAtMs = 0;
  #troubledAtMs = 0;
  #requests = 0;
  #hasOutcome = false;
  #hasFound = false;
  #steps = 0;
  #steppedAtMs = 0;
  #requestsSinceMs = 0;
  end: RunEnd | null = null;

  constructor(time: VirtualTime, scenario: Scenario, plan: SupervisorPlan, cloud: () => SimulatedCloud) {
    this.#time = time;
    this.#scenario = scenario;
    this.#plan = plan;
    this.#cloud = cloud;
  }

  readonly violate = (text: string): void => {
    if (this.violations.length < 5) this.violations.push(text);
  };

  begun(): void {
    this.#livesSinceMs = this.#time.nowMs();
    this.#reportedAtMs = Math.max(this.#reportedAtMs, this.#time.nowMs());
    this.#look();
  }

  died(): void {
    this.#noteGap();
    this.#livesSinceMs = null;
    const diedAtMs = this.#time.nowMs();
    const { deadManS } = this.#plan.timing;
    // Its last request may make a machine after its death, whose switch counts from then.
    const limitMs = (deadManS + DEAD_MAN_GRACE_S + STOPS_S) * 1000 + LATEST_EFFECT_MS;
    this.#time.after(limitMs, () => {
      const isBack = this.#livesSinceMs !== null || this.end !== null || this.#reportedAtMs > diedAtMs;
      if (!isBack) this.#noneAlive(`${limitMs / 60_000} min after its supervisor died`);
    });
  }

  finished(end: RunEnd): void {
    this.#noteGap();
    this.end = end;
    this.#livesSinceMs = null;
    this.noSecret('the end', JSON.stringify(end));
    if (end.left.length > 0) return;
    this.#noneAlive('when its supervisor said that all was cleaned up');
    this.#foundAsAgreed();
    this.#time.after(ORPHAN_MS, () => this.#noneAlive('15 min after the end'));
  }

  /** A supervisor that lives and reaches its machine keeps the switch from firing, until it has an outcome. */
  readonly deadManFired = (): void => {
    if (this.#livesSinceMs === null || this.#hasOutcome) return;
    const calmMs = this.#time.nowMs() - Math.max(this.#livesSinceMs, this.#troubledAtMs);
    if (calmMs > (this.#plan.timing.deadManS + DEAD_MAN_GRACE_S) * 1000)
      this.violate("a dead man's switch fired under a living supervisor");
  };

  /** Something is not working at the moment, from outside. */
  troubled(untilMs: number): void {
    this.#troubledAtMs = Math.max(this.#troubledAtMs, untilMs);
  }

  requested(): void {
    const nowMs = this.#time.nowMs();
    if (nowMs - this.#requestsSinceMs > 3_600_000) {
      this.#requests = 0;
      this.#requestsSinceMs = nowMs;
    }
    this.#requests += 1;
    if (this.#requests === REQUESTS_AN_HOUR) this.violate(`${REQUESTS_AN_HOUR} requests within an hour`);
  }

  reported(report: Report): void {
    this.#noteGap();
    this.#reportedAtMs = this.#time.nowMs();
    this.noSecret('a report', JSON.stringify(report));
    if (this.#plan.maxCostUsd !== null && report.spentUsd === null) this.violate('a report says no cost');
  }

  wrote(line: JournalLine): void {
    this.noSecret('the journal', JSON.stringify(line));
    if (line.type === 'outcome') this.#hasOutcome = true;
    if (line.type === 'found') this.#hasFound = true;
    if (line.type === 'launching' && this.#scenario.isTrainerBroken && line.attempt > BROKEN_ATTEMPTS)
      this.violate(`a trainer that never makes a step is started for the ${line.attempt}th time`);
  }

  showed(status: RunStatus): void {
    this.#steps = status.atMs === this.#steppedAtMs ? this.#steps + 1 : 0;
    this.#steppedAtMs = status.atMs;
    // Thrown into the supervisor, which would not let time pass any more.
    if (this.#steps > STEPS_AT_ONCE)
      throw new Error(`${STEPS_AT_ONCE} steps at one moment, in ${status.phase}`);
    if (status.troubles.length > 0) this.noSecret('the status', status.troubles.join());
  }

  noSecret(where: string, text: string): void {
    if (CANARIES.some((canary) => text.includes(canary)))
      this.violate(`a secret is in ${where}: ${text.slice(0, 200)}`);
  }

  /** At the very end, when all that could happen has happened. */
  judge(): void {
    const { maxCostUsd, maxHours } = this.#plan;
    // What the user's machine would have cost without this run is not of this run.
    const ours = this.#cloud().machines.filter(
      (machine) => !(machine.isFound && this.#scenario.existing === 'running') && !this.#isExempt(machine),
    );
    const cost = ours.reduce((sum, { offer, paid, unguardedMs }) => {
      const ms = paid.reduce(
        (all, { fromMs, toMs }) => all + (toMs ?? this.#time.nowMs()) - fromMs,
        -unguardedMs,
      );
      return sum + ((offer.pricePerHourUsd ?? 0) * ms) / 3_600_000;
    }, 0);
    const allowed = (maxCostUsd ?? 0) + 0.01 + this.#costOfTwins();
    if (maxCostUsd !== null && cost > allowed)
      this.violate(`it cost ${cost.toFixed(2)} USD, the cap is ${maxCostUsd.toFixed(2)}`);
    const lastMs = this.#startedAtMs + maxHours * 3_600_000 + 120_000;
    for (const machine of this.#cloud().machines) {
      if (machine.isFound && this.#plan.existingAfterwards === 'as-found') continue;
      const ended = machine.paid.at(-1)?.toMs ?? this.#time.nowMs();
      if (ended > lastMs && !this.#isExempt(machine))
        this.violate(
          `${machine.ref.name} ran ${((ended - lastMs) / 60_000).toFixed(0)} min beyond --max-hours`,
        );
    }
  }

  /**
   * A provider that makes two machines of one request, while nobody is there to see it: the second lives until its
   * switch ends it, and no plan could have known.
   */
  #costOfTwins(): number {
    const limitS = this.#plan.timing.deadManS + DEAD_MAN_GRACE_S + STOPS_S;
    const names = this.#cloud().machines.map(({ ref }) => ref.name);
    const twins = this.#cloud().machines.filter(({ ref }, index) => names.indexOf(ref.name) !== index);
    return twins.reduce((sum, { offer }) => sum + ((offer.pricePerHourUsd ?? 0) * limitS) / 3600, 0);
  }

  get #startedAtMs(): number {
    return Date.UTC(2026, 0, 1);
  }

  #noteGap(): void {
    const gapMs = this.#time.nowMs() - this.#reportedAtMs;
    if (this.#livesSinceMs !== null && gapMs > REPORT_MS)
      this.violate(`no report for ${(gapMs / 60_000).toFixed(0)} min`);
  }

  /** Once a minute of a supervisor's life. */
  #look(): void {
    const sinceMs = this.#livesSinceMs;
    if (sinceMs === null) return;
    this.#time.after(LOOK_MS, () => {
      if (this.#livesSinceMs !== sinceMs) return;
      this.#noteGap();
      const nowMs = this.#time.nowMs();
      const calmMs = nowMs - Math.max(sinceMs, this.#troubledAtMs);
      if (calmMs > ORPHAN_MS) this.#oneMachineAtMost();
      this.#nobodyHangs(calmMs);
      this.#look();
    });
  }

  #oneMachineAtMost(): void {
    const alive = this.#cloud().machines.filter(
      (one) => one.isAlive && one.state !== 'stopping' && !one.isFound,
    );
    const old = alive.filter((one) => this.#time.nowMs() - one.paid.at(-1)!.fromMs > ORPHAN_MS);
    if (old.length > 1) this.violate(`${old.map(({ ref }) => ref.name).join(' and ')} run at the same time`);
  }

  #nobodyHangs(calmMs: number): void {
    for (const { trainer } of this.#cloud().machines) {
      if (trainer?.hungSinceMs == null) continue;
      const limitMs = trainer.step > trainer.startStep ? HUNG_MS.afterSteps : HUNG_MS.before;
      const hungMs = this.#time.nowMs() - trainer.hungSinceMs;
      if (Math.min(hungMs, calmMs) > limitMs)
        this.violate(`a trainer hangs for ${(hungMs / 60_000).toFixed(0)} min`);
    }
  }

  #noneAlive(when: string): void {
    for (const machine of this.#cloud().machines) {
      if (machine.isFound || machine.state === 'stopping' || this.#isExempt(machine)) continue;
      if (machine.isAlive) this.violate(`${machine.ref.name} is alive ${when}`);
    }
  }

  /** A machine of the user's has no switch before something is sent to it: said in the documentation. */
  #isExempt(machine: SimulatedMachine): boolean {
    return machine.isFound && !machine.contactedSinceStart;
  }

  #foundAsAgreed(): void {
    const found = this.#cloud().machines.find(({ isFound }) => isFound);
    // One that nobody looked at yet is as it was.
    if (found === undefined || !this.#hasFound) return;
    const staysOn = this.#plan.existingAfterwards === 'as-found' && this.#scenario.existing === 'running';
    if (found.trainer?.isAlive) this.violate('a training goes on on a machine of the user after the end');
    if (!staysOn && found.isAlive && found.state !== 'stopping')
      this.violate(`the user's machine is left ${found.state}, not stopped`);
  }
}
