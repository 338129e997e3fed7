/** A folder as `eval rollout` leaves it, with real episodes of mixed fortune. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { summarize } from '../../../evaluator/rollout/summary.ts';
import { baselinePolicy } from '../../../rollouts/baselines.ts';
import { rolloutResult, runRollout } from '../../../rollouts/episode.ts';
import type { RolloutResult } from '../../../rollouts/results.ts';
import { encodeTrajectory } from '../../../rollouts/trajectory-file.ts';
import { scenarioHash } from '../../../scenarios/registry.ts';
import type { Scenario } from '../../../scenarios/schema.ts';
import { syncPolicy } from '../../../sim/engine/policies.ts';
import type { SyncPolicy } from '../../../sim/engine/policy.ts';
import { loadTask } from '../../../sim/tasks/load-task.ts';
import { sampleStart } from '../../bricks-starts.ts';

const straight = syncPolicy(() => () => ({ action: [0.05, 0.8, 0, 0] }));
const turning = syncPolicy(() => () => ({ action: [1, 0, 0, 0] }));

/** Who drives episode i: mostly the expert. */
function policyOf(i: number): SyncPolicy {
  if (i % 5 === 1) return straight;
  if (i % 5 === 3) return i % 2 === 0 ? turning : baselinePolicy('random');
  return baselinePolicy('expert');
}

export interface SampleOptions {
  scenarios: readonly Scenario[];
  perScenario: number;
  /** Replaces what a result or the summary says. */
  change?: (result: RolloutResult) => RolloutResult;
  checkpoint?: string;
}

/** Fills `folder` and returns its results. */
export async function writeSampleFolder(folder: string, options: SampleOptions): Promise<RolloutResult[]> {
  await loadTask();
  mkdirSync(join(folder, 'trajectories'), { recursive: true });
  const results: RolloutResult[] = [];
  for (const scenario of options.scenarios) {
    for (let slot = 0; slot < options.perScenario; slot++) {
      const start = sampleStart(scenario, { namespace: 'eval', seed: 5, slot, attempt: 0 });
      const key = `${scenario.name}/5/${slot}`;
      const condition = {
        key,
        scenario: scenario.name,
        scenarioHash: scenarioHash(scenario),
        seed: 5,
        slot,
        start,
      };
      const rollout = await runRollout(condition, policyOf(results.length), { fps: 10, state: 'seed4' });
      const file = `trajectories/${results.length}.gz`;
      writeFileSync(join(folder, file), encodeTrajectory(rollout.trajectory));
      const result = rolloutResult(condition, rollout, file);
      results.push(options.change?.(result) ?? result);
    }
  }
  writeFileSync(
    join(folder, 'results.jsonl'),
    results.map((result) => `${JSON.stringify(result)}\n`).join(''),
  );
  const summary = {
    ...summarize(results),
    suite: 'sample',
    suite_hash: '0123456789abcdef',
    checkpoint: options.checkpoint ?? 'sample',
    versions: { brickyard: '0.0.0', node: 'v24' },
    machine: { cpu: 'a cpu', cores: 2 },
    command: 'brickyard eval rollout --checkpoint sample',
  };
  writeFileSync(join(folder, 'summary.json'), JSON.stringify(summary));
  return results;
}
