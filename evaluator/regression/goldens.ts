/**
 * Golden trajectories: what the sampler, the simulator and the expert gave when they were last meant to change. One
 * start of each built-in scenario; three hashes each, so that a difference says which of the three moved.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { sampleStart } from '../../scenarios/sampler.ts';
import type { Scenario } from '../../scenarios/schema.ts';
import { syncPolicy } from '../../sim/engine/policies.ts';
import type { SyncPolicy } from '../../sim/engine/policy.ts';
import { Rng } from '../../sim/engine/rng.ts';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';

const goldenSchema = z.strictObject({
  /** Of the start state drawn from the scenario. */
  start: z.string(),
  /** State after DRIVEN_S of drawn actions, which no expert has a part in. */
  simulator: z.string(),
  /** How the expert's episode went. */
  expert: z.strictObject({ outcome: z.string(), frames: z.number().int(), state: z.string() }),
});
export const goldensSchema = z.record(z.string(), goldenSchema);
export type Golden = z.infer<typeof goldenSchema>;
export type Goldens = z.infer<typeof goldensSchema>;

/** Long enough to drive into things and walls. */
const DRIVEN_S = 10;

/** Makes them as of now, a scenario at a time. */
export async function makeGoldens(scenarios: readonly Scenario[]): Promise<Goldens> {
  for (const { task_name } of scenarios) await loadTask(task_name);
  return Object.fromEntries(scenarios.map((scenario) => [scenario.name, makeGolden(scenario)]));
}

function makeGolden(scenario: Scenario): Golden {
  const start = sampleStart(scenario, { namespace: 'eval', seed: 0, slot: 0, attempt: 0 });
  const driven = simulateEpisode({ ...start, timeLimitS: DRIVEN_S }, { policy: drawnActions(scenario.name) });
  const { outcome, frames, finalStateHash } = simulateEpisode(start);
  return {
    start: createHash('sha256').update(JSON.stringify(start)).digest('hex').slice(0, 16),
    simulator: driven.finalStateHash,
    expert: { outcome, frames, state: finalStateHash },
  };
}

/** All controls in use, those of a throttle mostly forward; each action held for a second or so. */
const drawnActions = (name: string): SyncPolicy =>
  syncPolicy(({ spec }) => {
    const rng = Rng.from('golden-drive', name);
    let action: number[] = [];
    return ({ frame }) => {
      if (frame % 10 === 0)
        action = spec.actionNames.map((control) =>
          control === 'throttle' ? rng.range(-0.3, 1) : rng.range(-1, 1),
        );
      return { action };
    };
  });

export interface GoldenDifference {
  scenario: string;
  part: 'start' | 'simulator' | 'expert' | 'scenario';
  /** A sentence with both values. */
  message: string;
}

/** Everything that is not as it was, the sampler's before the simulator's before the expert's. */
export function compareGoldens(before: Goldens, now: Goldens): GoldenDifference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names.flatMap((scenario): GoldenDifference[] => {
    const [old, fresh] = [before[scenario], now[scenario]];
    if (!old) return [{ scenario, part: 'scenario', message: 'is new; no golden knows it' }];
    if (!fresh) return [{ scenario, part: 'scenario', message: 'is gone; a golden still has it' }];
    return differencesOf(scenario, old, fresh);
  });
}

function differencesOf(scenario: string, old: Golden, fresh: Golden): GoldenDifference[] {
  const found: GoldenDifference[] = [];
  if (old.start !== fresh.start)
    found.push({ scenario, part: 'start', message: `start state was ${old.start}, is ${fresh.start}` });
  if (old.simulator !== fresh.simulator)
    found.push({
      scenario,
      part: 'simulator',
      message: `state after ${DRIVEN_S} s of fixed actions was ${old.simulator}, is ${fresh.simulator}`,
    });
  const text = ({ expert }: Golden) =>
    `${expert.outcome} after ${expert.frames} frames (state ${expert.state})`;
  if (text(old) !== text(fresh))
    found.push({ scenario, part: 'expert', message: `expert's episode was ${text(old)}, is ${text(fresh)}` });
  return found;
}
