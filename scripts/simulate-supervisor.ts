/**
 * Simulates supervised trainings: `npm run simulate -- --seeds 10000`. Each seed is one run with its own clouds,
 * faults and crashes; one that breaks an invariant is printed, and belongs into failing-seeds.json beside the
 * simulation once it is mended.
 */
import { parseArgs } from 'node:util';
import { calmScenario, type Scenario, scenarioOf } from '../test/trainer-supervisor/simulation/scenario.ts';
import { type Simulated, simulate } from '../test/trainer-supervisor/simulation/simulate.ts';
import type { PublisherBug } from '../test/trainer-supervisor/simulation/simulated-store.ts';

/** Of such a training, about as many as it has. */
const AWAITS = 800;
const BEGAN_MS = Date.UTC(2026, 0, 1);

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '0' },
    /** Prints scenario and journal of each. */
    show: { type: 'boolean', default: false },
    /** Instead: trainings in which little else goes wrong, their supervisors killed at each await in turn. */
    'every-await': { type: 'boolean', default: false },
    'until-failure': { type: 'boolean', default: false },
    /** A bug planted in what publishes checkpoints: the simulation has to find it. */
    'publisher-bug': { type: 'string' },
  },
});

class Totals {
  seeds = 0;
  failed: number[] = [];
  events = 0;
  virtualHours = 0;
  readonly outcomes = new Map<string, number>();
  readonly faults = new Map<string, number>();
  readonly backInS: number[] = [];

  add(result: Simulated): void {
    this.seeds += 1;
    this.events += result.events;
    this.virtualHours += result.virtualHours;
    this.backInS.push(...result.backInS);
    count(this.outcomes, result.outcome ?? 'never came back', 1);
    for (const [fault, times] of result.faults) count(this.faults, fault, times);
    if (result.violations.length > 0) this.failed.push(result.seed);
  }

  text(tookS: number, cpuS: number): string {
    const back = this.backInS.toSorted((a, b) => a - b);
    const injected = [...this.faults.values()].reduce((a, b) => a + b, 0);
    const list = (all: Map<string, number>): string =>
      [...all]
        .sort((a, b) => b[1] - a[1])
        .map(([name, times]) => `${times} ${name}`)
        .join(', ');
    return [
      `${this.seeds} seeds in ${tookS.toFixed(0)} s, ${Math.round((this.seeds / tookS) * 60)} a minute, ${Math.round((this.seeds / cpuS) * 60)} a minute of one core's time: ${Math.round(this.virtualHours)} virtual hours, ${this.events} events`,
      `outcomes: ${list(this.outcomes)}`,
      `${injected} faults injected: ${list(this.faults)}`,
      back.length === 0
        ? 'nothing was preempted'
        : `from preemption to training again: median ${at(back, 0.5)} s, 90 % within ${at(back, 0.9)} s`,
      this.failed.length === 0
        ? 'no seed failed'
        : `${this.failed.length} seeds failed: ${this.failed.join(', ')}`,
    ].join('\n');
  }
}

function count(into: Map<string, number>, name: string, times: number): void {
  into.set(name, (into.get(name) ?? 0) + times);
}

const at = (sorted: readonly number[], share: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]);

function show({ seed, journal }: Simulated): void {
  process.stdout.write(`${JSON.stringify(scenarioOf(seed))}\n`);
  for (const { atMs, ...line } of journal)
    process.stdout.write(`${((atMs - BEGAN_MS) / 60_000).toFixed(1)} min ${JSON.stringify(line)}\n`);
}

/** Trainings whose machine is taken away once, and nothing else. */
const PLACES: readonly Partial<Scenario>[] = [
  { provider: 'gcp' },
  { provider: 'verda' },
  { provider: 'gcp', existing: 'stopped', existingAfterwards: 'as-found' },
  { provider: 'gcp', existing: 'running', existingAfterwards: 'stopped' },
];

/** Until the last await of an unbroken run is passed. */
function* everyAwait(): Generator<Scenario> {
  for (const place of PLACES)
    for (let at = 1; at <= AWAITS; at++)
      for (const effect of ['not-done', 'done'] as const)
        for (const downS of [1, 2700])
          yield { ...calmScenario(at), ...place, preemptionsS: [1500], crashes: [{ at, effect, downS }] };
}

function* seeds(from: number, count: number): Generator<Scenario> {
  for (let seed = from; seed < from + count; seed++) yield scenarioOf(seed);
}

const totals = new Totals();
const began = performance.now();
const scenarios = values['every-await'] ? everyAwait() : seeds(Number(values.from), Number(values.seeds));
for (const scenario of scenarios) {
  const result = await simulate(scenario, (values['publisher-bug'] ?? null) as PublisherBug);
  totals.add(result);
  if (values.show) show(result);
  if (result.violations.length === 0) continue;
  const crash = values['every-await'] ? ` ${JSON.stringify(scenario.crashes)}` : '';
  process.stdout.write(`seed ${scenario.seed}${crash}: ${result.violations.join('; ')}\n`);
  if (values['until-failure']) break;
}
const { user, system } = process.cpuUsage();
process.stdout.write(`${totals.text((performance.now() - began) / 1000, (user + system) / 1e6)}\n`);
process.exitCode = totals.failed.length > 0 ? 1 : 0;
