/** The example task: its expert, its starts, how its episodes replay and fork, and how it names failures. */
import { join } from 'node:path';
import { loadPhysics } from 'brickyard/sim/engine/physics.ts';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { labelFailure } from '../../examples/tasks/push-ball/failures.ts';
import { BALL_RADIUS_M, nearestWall } from '../../examples/tasks/push-ball/geometry.ts';
import { taskScenarios } from '../../examples/tasks/push-ball/scenario.ts';
import { taskScene } from '../../examples/tasks/push-ball/scene.ts';
import { BALL_AT, type BallStart, POSE_SIZE, startPoses } from '../../examples/tasks/push-ball/start.ts';
import { task } from '../../examples/tasks/push-ball/task.ts';
import { BallWorld } from '../../examples/tasks/push-ball/world.ts';
import { aimStart } from '../../generator/aim.ts';
import { loadScenario } from '../../scenarios/catalogue.ts';
import { sampleStart } from '../../scenarios/sampler.ts';
import { addTaskScenarios, selectTask } from '../../scenarios/tasks.ts';
import { Environment } from '../../sim/engine/environment.ts';
import type { FailedTrajectory } from '../../sim/engine/failure.ts';
import { syncPolicy } from '../../sim/engine/policies.ts';
import { replayFinalStateHash } from '../../sim/engine/replay.ts';
import { Rng } from '../../sim/engine/rng.ts';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import { addTask } from '../../sim/engine/task-registry.ts';

const FOLDER = join(import.meta.dirname, '../../examples/tasks/push-ball');
const FPS = 10;

beforeAll(async () => {
  await loadPhysics();
  addTask(task);
  addTaskScenarios(taskScenarios, join(FOLDER, 'scenarios'));
  selectTask(task.name);
});

const startOf = (name: string, slot: number, seed = 1): BallStart =>
  sampleStart(loadScenario(name, FOLDER), { namespace: 'preview', seed, slot, attempt: 0 }) as BallStart;

/** The ball 3 m ahead of the loader and 3 m before the goal. */
const inLine = (changes: Partial<BallStart> = {}): BallStart => ({
  ...startOf('ball-ahead', 0),
  loader: { xM: 0, zM: -6, headingRad: 0, liftM: 0, tiltRad: 0 },
  ball: { xM: 0, zM: -3 },
  goal: { xM: 0, zM: 0, radiusM: 1.2 },
  ...changes,
});

describe('the expert', () => {
  it.each([
    ['ball-ahead', 19],
    ['ball-anywhere', 19],
    ['ball-at-wall', 17],
  ])('solves of 20 starts of %s at least %i, in less than 30 s in the median', (name, least) => {
    const trajectories = Array.from({ length: 20 }, (_, slot) => simulateEpisode(startOf(name, slot)));
    const solved = trajectories.filter(({ outcome }) => outcome === 'success');
    expect(solved.length, trajectories.map(({ detail }) => detail).join('\n')).toBeGreaterThanOrEqual(least);
    const frames = solved.map((one) => one.frames).sort((a, b) => a - b);
    expect(frames[frames.length >> 1]).toBeLessThan(30 * FPS);
  });

  it('gives the same episodes as ever', async () => {
    const lines = ['ball-ahead', 'ball-anywhere', 'ball-at-wall'].flatMap((name) =>
      [0, 1, 2].map((slot) => {
        const { frames, outcome, finalStateHash } = simulateEpisode(startOf(name, slot));
        return [`${name} ${slot}`, { frames, outcome, finalStateHash }];
      }),
    );
    const golden = `${JSON.stringify(Object.fromEntries(lines), null, 2)}\n`;
    await expect(golden).toMatchFileSnapshot('../golden/push-ball.json');
  });

  it('replays to the same state from its executed actions', () => {
    const { start, fps, executedActions, finalStateHash } = simulateEpisode(startOf('ball-at-wall', 3));
    expect(replayFinalStateHash(start, fps, executedActions)).toBe(finalStateHash);
  });

  it.each(Object.keys(task.disturbances!))('recovers from %s in 8 of 10 episodes', (kind) => {
    let solved = 0;
    for (let slot = 0; slot < 10; slot++) {
      const start = startOf('ball-anywhere', slot);
      const rng = Rng.from('test', kind, slot);
      const world = task.disturbances![kind].leadIn(start, rng, FPS);
      const disturbed = task.disturbances![kind].apply(world, rng, FPS);
      world.dispose();
      if (disturbed === null) {
        solved++;
        continue;
      }
      const { outcome } = simulateEpisode({ ...disturbed, disturbed: { by: kind, atS: 0 } });
      if (outcome === 'success') solved++;
    }
    expect(solved).toBeGreaterThanOrEqual(8);
  });
});

describe.each(['ball-ahead', 'ball-anywhere', 'ball-at-wall'])('starts of %s', (name) => {
  it('are plain, repeatable, inside of the rink and not done', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 9999 }), (seed, slot) => {
        const start = startOf(name, slot, seed);
        expect(startOf(name, slot, seed)).toEqual(start);
        expect(JSON.parse(JSON.stringify(start))).toEqual(start);
        const { loader, ball, goal } = start;
        expect(nearestWall(ball.xM, ball.zM).gapM).toBeGreaterThanOrEqual(BALL_RADIUS_M - 1e-9);
        expect(nearestWall(loader.xM, loader.zM).gapM).toBeGreaterThan(1.6);
        expect(Math.hypot(ball.xM - goal.xM, ball.zM - goal.zM)).toBeGreaterThan(goal.radiusM);
        expect(Math.hypot(ball.xM - loader.xM, ball.zM - loader.zM)).toBeGreaterThan(2);
        expect(task.startFault(start)).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });

  it('stay as they are while nothing drives', () => {
    const start = startOf(name, 5);
    const world = new BallWorld(start);
    world.step([0, 0, 0, 0], 1);
    const { loader, ball } = world;
    expect(Math.hypot(ball.xM - start.ball.xM, ball.zM - start.ball.zM)).toBeLessThan(0.01);
    expect(Math.hypot(loader.xM - start.loader.xM, loader.zM - start.loader.zM)).toBeLessThan(0.01);
    world.dispose();
  });
});

it('a scenario without room says what is in the way', () => {
  const scenario = { ...loadScenario('ball-anywhere', FOLDER), ball: { from_goal_m: 12 } };
  const draw = () => sampleStart(scenario, { namespace: 'preview', seed: 0, slot: 0, attempt: 0 });
  expect(draw).toThrow(/ball-anywhere: no room for the ball .* because it would reach into a wall/);
});

it('a fork goes on as the episode does, and the same way each time', () => {
  const environment = new Environment(startOf('ball-ahead', 2), { fps: FPS });
  const drive = (frames: number) => {
    for (let i = 0; i < frames; i++) environment.act(task.expert(environment.world as BallWorld));
  };
  drive(35);
  const fork = environment.fork();
  drive(10);
  const [went] = [environment.pose()];
  environment.dispose();
  const [one, other] = [0, 1].map(() => simulateEpisode(fork));
  expect(one.outcome).toBe('success');
  expect(other.finalStateHash).toBe(one.finalStateHash);
  const forked = one.poses.subarray(10 * POSE_SIZE, 11 * POSE_SIZE);
  for (let i = 0; i < BALL_AT + 3; i++) expect(Math.abs(forked[i] - went[i])).toBeLessThan(0.05);
});

describe('a failure', () => {
  const failed = (start: BallStart, act: (world: BallWorld) => readonly number[]) => {
    const policy = syncPolicy(() => ({ world }) => ({ action: act(world as BallWorld) }));
    const trajectory = simulateEpisode(start, { policy });
    expect(trajectory.outcome).not.toBe('success');
    return labelFailure(trajectory as unknown as FailedTrajectory<BallStart>);
  };
  const forwards = () => [0, 0.6, 0, 0];

  it('of doing nothing never reached the ball', () => {
    expect(failed(inLine({ timeLimitS: 8 }), () => [0, 0, 0, 0])).toMatchObject({
      label: 'NEVER_REACHED_BALL',
      evidence: 'came no nearer to the ball than 3.00 m and never moved it',
    });
  });

  it('of not braking overshot the goal', () => {
    const failure = failed(inLine({ timeLimitS: 20 }), forwards);
    expect(failure.label).toBe('OVERSHOT_GOAL');
    expect(failure.evidence).toMatch(/ended with it [4-7]\.\d\d m from its middle/);
  });

  it('of pushing straight into a wall left the ball there', () => {
    const start = inLine({ goal: { xM: -4, zM: 0, radiusM: 1 }, timeLimitS: 25 });
    const failure = failed(start, forwards);
    expect(failure.label).toBe('BALL_STUCK_AT_WALL');
    expect(failure.z_m).toBeGreaterThan(4);
  });

  it('of backing off after a touch lost the ball', () => {
    const start = inLine({ timeLimitS: 12 });
    const failure = failed(start, ({ ball, timeS }) =>
      ball.zM < start.ball.zM + 0.3 && timeS < 5 ? forwards() : [0, -0.4, 0, 0],
    );
    expect(failure.label).toBe('LOST_BALL');
  });

  it('of being slow was still pushing', () => {
    const failure = failed(inLine({ timeLimitS: 4 }), task.expert);
    expect(failure.label).toBe('TIMEOUT_PUSHING');
    expect(failure.evidence).toMatch(/^ended \(timeout\) with the ball \d\.\d\d m from the middle/);
  });

  it('of an action that is none is named before all others', () => {
    const { start, fps, frames, poses, executedActions } = simulateEpisode(inLine({ timeLimitS: 2 }));
    const actions = executedActions.slice();
    actions[4 * 7 + 1] = Number.NaN;
    const failure = labelFailure({ start, fps, frames, poses, executedActions, actions, outcome: 'timeout' });
    expect(failure).toMatchObject({
      label: 'BAD_ACTION',
      evidence: 'throttle was NaN in frame 7',
      time_s: 0.7,
    });
  });
});

describe('a hand-over', () => {
  const triggers = (student: (expert: readonly number[]) => readonly number[], byStudent = true) => {
    const world = new BallWorld(startOf('ball-anywhere', 1));
    const watch = task.handover!.watch(FPS);
    for (let frame = 0; frame < 300 && !world.isDone; frame++) {
      const expert = task.expert(world);
      const executed = student(expert);
      const trigger = watch.note(world, { executed, expert, byStudent });
      if (trigger) return trigger;
      world.step(executed, 1 / FPS);
    }
    return undefined;
  };

  it('of a report begins with ordinary starts of the scenarios that failed: the task has no aiming', () => {
    const drawn = startOf('ball-at-wall', 0);
    const failure = {
      condition: 'c',
      scenario: 'ball-at-wall',
      label: 'LOST_BALL',
      start: undefined,
      before: [],
    };
    const pool = { everythingElse: 0, labelWeights: {}, failures: [failure] };
    expect(aimStart(drawn, pool, 0, ['a'])).toEqual({ start: drawn, label: undefined });
  });

  it('follows from standing about and from driving otherwise, not from the expert', () => {
    expect(triggers((expert) => expert)).toBeUndefined();
    expect(triggers(() => [0, 0, 0, 0])).toBe('no-progress');
    expect(triggers((expert) => expert.map((value) => (value > 0 ? -1 : 1)))).toBe('deviation');
  });
});

it('pictures of one goal share a scene, and the ball is where the poses say', () => {
  const start = inLine();
  expect(taskScene.key({ ...start, ball: { xM: 1, zM: 1 } } as BallStart)).toBe(taskScene.key(start));
  expect(taskScene.key({ ...start, goal: { ...start.goal, xM: 1 } })).not.toBe(taskScene.key(start));
  const scene = taskScene.create(start, 1);
  scene.showEgo(startPoses(start), 0);
  expect(scene.ego.position.z).toBeCloseTo(-5.9, 5);
  scene.dispose();
});
