/** Rollout folders made by hand: what a policy solved, condition by condition. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RolloutResult } from '../../rollouts/results.ts';

/** One character an episode: 1 success, 0 failure, e error. */
export function madeUpResults(outcomes: string, changes: Partial<RolloutResult> = {}): RolloutResult[] {
  return [...outcomes].map((mark, slot) => {
    const scenario = slot % 2 === 0 ? 'one-brick' : 'wall';
    return {
      condition: `${scenario}/0/${slot}`,
      scenario,
      scenario_hash: 'a'.repeat(64),
      seed: 0,
      slot,
      status: mark === '1' ? 'success' : mark === '0' ? 'failure' : 'error',
      outcome: mark === '1' ? 'success' : mark === '0' ? 'timeout' : '',
      time_s: 30,
      frames: 300,
      path_m: 12,
      bricks: 1,
      delivered: mark === '1' ? 1 : 0,
      queries: 30,
      failure:
        mark === '0' ? { label: 'NO_APPROACH', time_s: 30, x_m: 0, z_m: 0, evidence: 'stood still' } : null,
      trajectory: null,
      final_state_hash: `${slot}`,
      error: mark === 'e' ? 'the worker died' : null,
      ...changes,
    };
  });
}

/** Writes results.jsonl and, unless `summary` is null, summary.json. */
export function writeRollout(
  folder: string,
  results: readonly RolloutResult[],
  summary: object | null = { suite: 'smoke', suite_hash: 'b'.repeat(64) },
): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'results.jsonl'), results.map((line) => `${JSON.stringify(line)}\n`).join(''));
  if (summary) writeFileSync(join(folder, 'summary.json'), JSON.stringify(summary));
  return folder;
}
