import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { beforeAll, describe, expect, it } from 'vitest';
import { AFTER_SUCCESS_S } from '../../sim/engine/environment.ts';
import { syncPolicy } from '../../sim/engine/policies.ts';
import { replayFinalStateHash } from '../../sim/engine/replay.ts';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import { taskOf } from '../../sim/engine/task-registry.ts';
import type { Trajectory } from '../../sim/engine/trajectory.ts';
import { InputError } from '../../sim/errors.ts';
import { PHASES } from '../../sim/tasks/collect-bricks/phases.ts';
import type { BricksStart } from '../../sim/tasks/collect-bricks/start.ts';
import { poseSize } from '../../sim/tasks/collect-bricks/start-poses.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { FIXED_STARTS, fixedBrick, fixedStart } from './fixed-starts.ts';

const always = (...action: number[]) => syncPolicy(() => () => ({ action }));
const GOLDEN = new URL('../golden/state-hashes.json', import.meta.url);

describe('an episode of the expert', () => {
  let runs: Trajectory<BricksStart>[];
  beforeAll(async () => {
    await loadTask();
    runs = FIXED_STARTS.map((start) => simulateEpisode(start));
  });

  it('succeeds from every fixed start', () => {
    expect(runs.map(({ outcome, detail }) => `${outcome} ${detail}`)).toEqual(runs.map(() => 'success '));
  });

  it('ends in the states of the golden file', () => {
    const golden = JSON.parse(readFileSync(GOLDEN, 'utf8'));
    for (const run of runs) {
      const { frames, outcome, finalStateHash } = run;
      expect({ frames, outcome, finalStateHash }, run.start.scenario).toEqual(golden[run.start.scenario]);
    }
  });

  it('is the same when run again, after others', () => {
    const again = simulateEpisode(FIXED_STARTS[0]);
    expect(again).toEqual(runs[0]);
  });

  it('ends in the same state in a worker thread', async () => {
    const worker = new Worker(new URL('./state-hash-worker.ts', import.meta.url), { workerData: 1 });
    const hash = await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    expect(hash).toBe(runs[1].finalStateHash);
  });

  it('replays to its final state from the executed actions', () => {
    for (const run of runs) {
      expect(replayFinalStateHash(run.start, run.fps, run.executedActions)).toBe(run.finalStateHash);
    }
    const changed = runs[0].executedActions.slice();
    changed[4] = -changed[4] + 0.01;
    expect(replayFinalStateHash(runs[0].start, 10, changed)).not.toBe(runs[0].finalStateHash);
  });

  it('holds finite numbers, actions in [-1, 1], and arrays of the promised sizes', () => {
    for (const run of runs) {
      expect(run.poses.length).toBe(run.frames * poseSize(run.start.bricks.length));
      expect(run.states.length).toBe(run.frames * run.stateNames.length);
      expect(run.actions.length).toBe(run.frames * 4);
      expect([...run.poses, ...run.states, ...run.actions].every(Number.isFinite)).toBe(true);
      expect(run.actions.every((value) => Math.abs(value) <= 1)).toBe(true);
      expect(run.executedActions).toEqual(run.actions);
      expect(run.labelValid.every((valid) => valid === 1)).toBe(true);
      expect(run.phases.every((phase) => phase < PHASES.length)).toBe(true);
    }
  });

  it('shows backing off and lowering after the dump, for no longer than stated', () => {
    for (const run of runs) {
      const phases = [...run.phases].map((phase) => PHASES[phase]);
      const tip = phases.lastIndexOf('tip');
      expect(phases.slice(tip)).toEqual(expect.arrayContaining(['back-off', 'lower']));
      expect(run.frames / run.fps).toBeLessThan(run.start.timeLimitS + AFTER_SUCCESS_S);
    }
  });

  it('starts with the world before the first action', () => {
    const { loader } = FIXED_STARTS[1];
    const [x, z, heading, lift, tilt] = runs[1].poses;
    expect([x, z, heading, lift, tilt]).toEqual(
      [loader.xM, loader.zM, loader.headingRad, loader.liftM, loader.tiltRad].map(Math.fround),
    );
  });
});

describe('simulateEpisode', () => {
  beforeAll(() => loadTask());

  it('runs at 30 frames a second too', () => {
    const run = simulateEpisode(FIXED_STARTS[0], { fps: 30, state: 'full' });
    expect(run.outcome).toBe('success');
    expect(run.stateNames.length).toBe(9);
    expect(replayFinalStateHash(run.start, 30, run.executedActions)).toBe(run.finalStateHash);
  });

  it('refuses a rate that does not divide the physics rate, and lists those that do', () => {
    expect(() => simulateEpisode(FIXED_STARTS[0], { fps: 7 })).toThrow(InputError);
    expect(() => simulateEpisode(FIXED_STARTS[0], { fps: 7 })).toThrow(/fps is 7.*120.*10, 12, 15/);
  });

  it('records no minus zero: a dictionary of a file may not tell it from zero', () => {
    const start = fixedStart('short', { timeLimitS: 1 });
    const run = simulateEpisode(start, { policy: always(-0, -0, -0, -0) });
    for (const actions of [run.actions, run.executedActions])
      expect([...actions].some((value) => Object.is(value, -0))).toBe(false);
    expect(replayFinalStateHash(start, 10, run.executedActions)).toBe(run.finalStateHash);
  });

  it('calls a loader that never moves stuck, and says where', () => {
    const run = simulateEpisode(FIXED_STARTS[0], { policy: always(0, 0, 0, 0) });
    expect(run.outcome).toBe('stuck');
    expect(run.detail).toMatch(/stuck at 15\.\d s: loader at \(0\.00, 0\.00\).*brick 0 at \(2\.00, 3\.00\)/);
  });

  it('times out at the time limit', () => {
    const run = simulateEpisode(fixedStart('short', { timeLimitS: 2 }), { policy: always(1, 0, 0, 0) });
    expect(run.outcome).toBe('timeout');
    expect(run.frames).toBe(20);
  });

  it('reports a brick that leaves the arena', () => {
    const outside = { ...fixedBrick(2, 3, 0), xM: 9.5 };
    const run = simulateEpisode(fixedStart('lost', { bricks: [outside] }), { policy: always(0, 0, 0, 0) });
    expect(run.outcome).toBe('brick-lost');
    expect(run.detail).toContain('brick 0');
  });

  it('clamps and rounds what a policy asks for', () => {
    const run = simulateEpisode(fixedStart('short', { timeLimitS: 0.5 }), { policy: always(3, -2, 0.1, 0) });
    expect([...run.executedActions.subarray(0, 4)]).toEqual([1, -1, Math.fround(0.1), 0]);
  });

  it('records what drove apart from its label, and replays from what drove', () => {
    const policy = syncPolicy(() => ({ frame, world }) => {
      const action = taskOf(world.start).expert(world);
      if (frame % 10 < 7) return { action };
      return { action, executed: [1, 0.3, 0, 0], source: 'noise', labelValid: frame % 10 === 8 };
    });
    const run = simulateEpisode(FIXED_STARTS[0], { policy });
    const last = 10 * Math.floor(run.frames / 10) - 10;
    expect([...run.sources.subarray(last, last + 10)]).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
    expect([...run.labelValid.subarray(last, last + 10)]).toEqual([1, 1, 1, 1, 1, 1, 1, 0, 1, 0]);
    expect([...run.executedActions.subarray(28, 32)]).toEqual([1, Math.fround(0.3), 0, 0]);
    expect(run.actions.subarray(0, 28)).toEqual(run.executedActions.subarray(0, 28));
    expect(run.actions.subarray(28, 32)).not.toEqual(run.executedActions.subarray(28, 32));
    expect(replayFinalStateHash(run.start, run.fps, run.executedActions)).toBe(run.finalStateHash);
    expect(replayFinalStateHash(run.start, run.fps, run.actions)).not.toBe(run.finalStateHash);
  });
});
