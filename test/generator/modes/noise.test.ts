import { beforeAll, describe, expect, test } from 'vitest';
import { assertReplays, attemptEpisode } from '../../../generator/episode.ts';
import { MODE_DEFAULTS } from '../../../generator/modes/kind.ts';
import { noiseLevelOf } from '../../../generator/modes/noise.ts';
import { resolveSelection } from '../../../scenarios/registry.ts';
import { SOURCES, type Trajectory } from '../../../sim/engine/trajectory.ts';
import { expertAction, expertView } from '../../../sim/tasks/collect-bricks/expert/expert.ts';
import { PHASES } from '../../../sim/tasks/collect-bricks/phases.ts';
import type { BricksStart } from '../../../sim/tasks/collect-bricks/start.ts';
import { BricksWorld } from '../../../sim/tasks/collect-bricks/world.ts';
import { loadTask } from '../../../sim/tasks/load-task.ts';

const [{ scenario }] = resolveSelection('one-brick', '.');
const attempt = (slot: number, noiseLevel: number) =>
  attemptEpisode({
    ...{ scenario, slot, attempt: 0, seed: 5, fps: 10, state: 'seed4' },
    modes: { ...MODE_DEFAULTS, mode: 'noise', noiseShare: 1, noiseLevel },
  });
const kept = (slot: number, noiseLevel = 1): Trajectory => {
  const outcome = attempt(slot, noiseLevel);
  if ('failure' in outcome) throw new Error(outcome.failure.detail);
  return outcome.kept;
};

/** As float32; -0 is 0. */
const plain = (action: ArrayLike<number>): number[] => Array.from(action, (value) => Math.fround(value) + 0);

describe('an episode with noise', () => {
  let runs: Trajectory[];
  beforeAll(async () => {
    await loadTask();
    runs = [kept(0), kept(1)];
  }, 120_000);

  test('replays from what was executed', () => {
    for (const run of runs) assertReplays(run);
  });

  test('labels every frame with what the expert does in the state that the frame shows', () => {
    for (const { start, fps, frames, actions, executedActions, phases } of runs) {
      const world = BricksWorld.create(start as BricksStart);
      for (let t = 0; t < frames; t++) {
        const { action, phase } = expertAction(expertView(world));
        expect(plain(actions.subarray(4 * t, 4 * t + 4))).toEqual(plain(action));
        expect(PHASES[phases[t]]).toBe(phase);
        world.step(executedActions.subarray(4 * t, 4 * t + 4), 1 / fps);
      }
      world.dispose();
    }
  });

  test('says noise exactly where something else was executed, in bursts', () => {
    for (const { frames, actions, executedActions, sources, labelValid } of runs) {
      let noisy = 0;
      for (let t = 0; t < frames; t++) {
        const differs = [0, 1, 2, 3].some((i) => actions[4 * t + i] !== executedActions[4 * t + i]);
        if (differs) expect(SOURCES[sources[t]]).toBe('noise');
        if (SOURCES[sources[t]] === 'noise') noisy++;
        else expect(differs).toBe(false);
      }
      expect(noisy / frames).toBeGreaterThan(0.1);
      expect(noisy / frames).toBeLessThan(0.6);
      expect(labelValid.every((valid) => valid === 1)).toBe(true);
    }
  });

  test('begins where the expert’s own does, under a name of its own', () => {
    const outcome = attemptEpisode({ scenario, slot: 0, attempt: 0, seed: 5, fps: 10, state: 'seed4' });
    if ('failure' in outcome) throw new Error(outcome.failure.detail);
    const { seed, ...start } = outcome.kept.start;
    expect(runs[0].start).toEqual({ ...start, seed: `${seed}/noise` });
  });

  test('is gentler with each attempt', () => {
    expect([0, 1, 2].map((n) => noiseLevelOf(2, n))).toEqual([2, 1.2, 2 * 0.6 * 0.6]);
  });

  test('is the same again, and another at another level', () => {
    expect(kept(0)).toEqual(runs[0]);
    expect(kept(0, 0.3).finalStateHash).not.toBe(runs[0].finalStateHash);
  });
});
