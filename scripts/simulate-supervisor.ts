/**
 * Simulates supervised trainings: `npm run simulate -- --seeds 10000`. Each seed is one run with its own clouds,
 * faults and crashes; a seed that breaks an invariant is printed and may be pinned.
 */
import { parseArgs } from 'node:util';
import { scenarioOf } from '../test/trainer-supervisor/simulation/scenario.ts';
import { type Simulated, simulate } from '../test/trainer-supervisor/simulation/simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '0' },
    show: { type: 'boolean' },
  },
});
const from = Number(values.from);
const count = Number(values.seeds);
const began = performance.now();
const results: Simulated[] = [];
const faults = new Map<string, number>();
let events = 0;
let hours = 0;
const outcomes = new Map<string, number>();
const back: number[] = [];
for (let seed = from; seed < from + count; seed++) {
  const result = await simulate(scenarioOf(seed));
  events += result.events;
  hours += result.virtualHours;
  back.push(...result.backInS);
  outcomes.set(String(result.outcome), (outcomes.get(String(result.outcome)) ?? 0) + 1);
  for (const [fault, times] of result.faults) faults.set(fault, (faults.get(fault) ?? 0) + times);
  if (result.violations.length > 0) {
    results.push(result);
    process.stdout.write(`seed ${seed}: ${result.violations.join('; ')}\n`);
  }
  if (values.show) {
    process.stdout.write(`${JSON.stringify(scenarioOf(seed))}\n`);
    for (const line of result.journal)
      if (line.type !== 'planned')
        process.stdout.write(
          `${((line.atMs - Date.UTC(2026, 0, 1)) / 60000).toFixed(1)} ${JSON.stringify(line)}\n`,
        );
  }
}
const tookS = (performance.now() - began) / 1000;
back.sort((a, b) => a - b);
process.stdout.write(
  `${count} seeds in ${tookS.toFixed(1)} s (${Math.round((count / tookS) * 60)} a minute), ${events} events, ${Math.round(hours)} virtual hours\n` +
    `outcomes: ${[...outcomes].map((one) => one.join(' ')).join(', ')}\n` +
    `faults: ${[...faults].map(([fault, times]) => `${times} ${fault}`).join(', ')}\n` +
    `from preemption to training again: median ${back[back.length >> 1]} s, largest ${back.at(-1)} s\n` +
    `${results.length} seeds failed\n`,
);
process.exitCode = results.length > 0 ? 1 : 0;
