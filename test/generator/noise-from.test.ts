import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { amplitudeFor, measureNoise } from '../../generator/noise-from.ts';
import type { RolloutResult } from '../../rollouts/results.ts';
import { encodeTrajectory } from '../../rollouts/trajectory-file.ts';
import { expertPolicy, syncPolicy } from '../../sim/engine/policies.ts';
import type { SyncPolicy } from '../../sim/engine/policy.ts';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import { taskOf } from '../../sim/engine/task-registry.ts';
import { InputError } from '../../sim/errors.ts';
import { WHEEL_LOADER } from '../../sim/robots/wheel-loader/loader.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { fixedStart } from '../sim/fixed-starts.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-noise-from-'));
  await loadTask();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder as eval rollout leaves it, with one rollout of the policy. */
function rollout(name: string, policy: SyncPolicy): string {
  const out = join(folder, name);
  mkdirSync(join(out, 'trajectories'), { recursive: true });
  const trajectory = simulateEpisode(fixedStart('one', { timeLimitS: 4 }), { policy });
  const stored = { ...trajectory, condition: 'c', queryFrames: new Uint32Array() };
  writeFileSync(join(out, 'trajectories', '0.bkt'), encodeTrajectory(stored));
  const result: RolloutResult = {
    ...{ condition: 'c', scenario: 'one', scenario_hash: 'h', seed: 0, slot: 0, bricks: 1 },
    ...{ status: 'failure', outcome: 'timeout', time_s: 4, frames: 40, path_m: 1, delivered: 0, queries: 1 },
    ...{ failure: null, trajectory: 'trajectories/0.bkt', final_state_hash: '0', error: null },
  };
  writeFileSync(join(out, 'results.jsonl'), `${JSON.stringify(result)}\n`);
  return out;
}

describe('measureNoise', () => {
  test('is nothing for the expert itself', async () => {
    const { rms, amplitude, frames } = await measureNoise(rollout('expert', expertPolicy()));
    expect(frames).toBe(40);
    expect(rms).toEqual([0, 0, 0, 0]);
    expect(amplitude).toEqual([0, 0, 0, 0]);
  });

  test('is what the policy is off by, and at most the default', async () => {
    const off = syncPolicy(() => ({ world }) => {
      const action = taskOf(world.start).expert(world);
      return { action: [-1, action[1], action[2] > 0 ? action[2] - 0.1 : action[2] + 0.1, action[3]] };
    });
    const { rms, amplitude } = await measureNoise(join(rollout('off', off), 'results.jsonl'));
    expect(rms[1]).toBe(0);
    expect(rms[2]).toBeCloseTo(0.1, 3);
    expect(amplitude[0]).toBe(WHEEL_LOADER.noiseAmplitude[0]);
    expect(amplitude[2]).toBeCloseTo(0.1 * Math.sqrt(3 / (0.51 / 1.51)), 3);
  });

  test('refuses what is no rollout', async () => {
    await expect(measureNoise(join(folder, 'none'))).rejects.toThrow(InputError);
    await expect(measureNoise(join(folder, 'none'))).rejects.toThrow(/name the results.jsonl/);
  });
});

test('noise of an amplitude has the mean square that was measured', () => {
  const [amplitude] = amplitudeFor([0.1, 0, 0, 0], WHEEL_LOADER.noiseAmplitude);
  const share = 0.51 / 1.51; // 0.6 bursts a second of 0.85 s, counted over undisturbed driving
  expect(Math.sqrt((share * amplitude * amplitude) / 3)).toBeCloseTo(0.1, 3);
});
