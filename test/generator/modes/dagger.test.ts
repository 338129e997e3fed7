import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { assertReplays } from '../../../generator/episode.ts';
import { chooseFork, DAGGER_DEFAULTS, daggerEpisode } from '../../../generator/modes/dagger.ts';
import { attemptDagger } from '../../../generator/modes/dagger-attempt.ts';
import { driveStudent, type Student } from '../../../generator/modes/dagger-drive.ts';
import { forkEpisode } from '../../../generator/modes/dagger-fork.ts';
import { OnnxPolicy } from '../../../policy/onnx-policy.ts';
import { resolveSelection } from '../../../scenarios/registry.ts';
import { HANDOVERS } from '../../../sim/engine/handover.ts';
import { syncPolicy } from '../../../sim/engine/policies.ts';
import type { Observation } from '../../../sim/engine/policy.ts';
import { Rng } from '../../../sim/engine/rng.ts';
import { simulateEpisode } from '../../../sim/engine/simulate.ts';
import { taskOf } from '../../../sim/engine/task-registry.ts';
import { SOURCES } from '../../../sim/engine/trajectory.ts';
import { expertAction, expertView } from '../../../sim/tasks/collect-bricks/expert/expert.ts';
import type { BricksStart } from '../../../sim/tasks/collect-bricks/start.ts';
import { BricksWorld } from '../../../sim/tasks/collect-bricks/world.ts';
import { loadTask } from '../../../sim/tasks/load-task.ts';
import { sampleStart } from '../../bricks-starts.ts';

const [{ scenario }] = resolveSelection('one-brick', '.');
const startOf = (slot: number): BricksStart =>
  sampleStart(scenario, { namespace: 'gen', seed: 3, slot, attempt: 0 });

/** Plans some frames at once: `ask` gives the action for all of them. */
const planning = (actionSteps: number, ask: (observation: Observation) => readonly number[]): Student => {
  const policy = syncPolicy(() => {
    let action = new Float32Array();
    return (observation) => {
      const queried = observation.frame % actionSteps === 0;
      if (queried) action = Float32Array.from(ask(observation));
      return { action, queried };
    };
  });
  return { policy: { ...policy, actionSteps }, state: 'seed4' };
};
const askExpert = ({ world }: Observation) => taskOf(world.start).expert(world);

/** Answers every question with one action, for as long as a chunk lasts. */
const always = (action: readonly number[], actionSteps = 8): Student => planning(actionSteps, () => action);
const zero = always([0, 0, 0, 0]);
const blind = always([0, 1, 0, 0]);
const spinner = always([-1, 0, 0, 0]);
/** The expert with an offset to the left: it mostly gets there, by another way. */
const slanted = planning(2, (observation) => {
  const [steering, ...rest] = askExpert(observation);
  return [steering + 0.3, ...rest];
});
const expertLike = planning(1, askExpert);
const options = (slot: number, student: Student, beta = 0) => ({
  ...{ fps: 10, state: 'seed4' as const, student, beta },
  ...{ name: ['gen', 3, 'one-brick', slot, 0], suffix: 'dagger/cafe' },
});

beforeAll(() => loadTask());

describe('a student that drives', () => {
  const drive = (student: Student, slot: number, untilS = 60, beta = 0) =>
    driveStudent(startOf(slot), student, { fps: 10, beta, untilS, rng: Rng.from('drive', slot) });

  test('is relieved when it presses a wall', async () => {
    const { handover, forks } = await drive(blind, 0);
    expect(handover).toBe('collision');
    const world = BricksWorld.create(forks[forks.length - 1].start as BricksStart);
    expect(Math.abs(world.speedMps)).toBeLessThan(0.1);
    world.dispose();
  });

  test('is relieved when it does something else than the expert for long', async () => {
    expect((await drive(spinner, 1)).handover).toBe('deviation');
  });

  test('is left alone while it does what the expert does, to the end', async () => {
    const { handover, forks, frames } = await drive(expertLike, 2);
    expect(handover).toBe('ended');
    expect(frames.expert).toBe(0);
    expect(frames.student).toBe(simulateEpisode(startOf(2)).frames);
    for (const { start } of forks) expect((start as BricksStart).bricks).toHaveLength(1);
  });

  test.each(['corner', 'box-wall-side'])(
    'would not be relieved as the expert is slow, in %s',
    async (name) => {
      const [hard] = resolveSelection(name, '.');
      const start = sampleStart(hard.scenario, { namespace: 'preview', seed: 5, slot: 0, attempt: 0 });
      const all = { fps: 10, beta: 1, untilS: Number.POSITIVE_INFINITY, rng: Rng.from('slow') };
      expect((await driveStudent(start, zero, all)).handover).toBe('ended');
    },
  );

  test('hands over when its time is up', async () => {
    const { handover, forks } = await drive(expertLike, 2, 4);
    expect(handover).toBe('drawn');
    expect(forks[forks.length - 1].timeS).toBeCloseTo(4, 6);
  });

  test('shares whole chunks with the expert', async () => {
    const all = await drive(zero, 3, 20, 1);
    expect(all).toMatchObject({ queries: 0, frames: { student: 0 } });
    const mixed = await drive(slanted, 3, 12, 0.5);
    expect(mixed.queries).toBeGreaterThan(0);
    expect(mixed.frames.expert).toBeGreaterThan(0);
    expect(mixed.frames.student).toBeLessThanOrEqual(2 * mixed.queries);
    expect(mixed.frames.expert % 2).toBe(0);
  });
});

describe('a student whose policy averages its chunks', () => {
  /** Says how far ahead it looks: 0, 0.1, 0.2 … of the steering. */
  const looking = (ensemble: number | undefined, asked: number[]): Student => {
    let shown = 0;
    const policy = new OnnxPolicy(
      {
        contract: { chunk: 4, inputs: { images: [] }, output: { shape: [4, 4], range: [-1, 1] } },
        query: async () => {
          asked.push(shown);
          return Float32Array.from({ length: 16 }, (_, i) => (i % 4 === 0 ? Math.floor(i / 4) / 10 : 0));
        },
      },
      { actionSteps: ensemble === undefined ? 4 : 1, ensemble },
    );
    const { actionSteps, history, cameras } = policy;
    const act = (observation: Observation) => {
      shown = observation.frame;
      return policy.act(observation);
    };
    return { policy: { actionSteps, history, cameras, reset: () => policy.reset(), act }, state: 'seed4' };
  };
  const drive = (student: Student, beta: number) =>
    driveStudent(startOf(3), student, { fps: 10, beta, untilS: 2, rng: Rng.from('average') });

  test('is asked in every frame, also while the expert drives', async () => {
    for (const beta of [0, 1]) {
      const asked: number[] = [];
      const { queries, frames } = await drive(looking(0, asked), beta);
      expect(asked).toEqual(Array.from({ length: 20 }, (_, frame) => frame));
      expect({ queries, frames }).toEqual({
        queries: 20,
        frames: beta === 0 ? { student: 20, expert: 0 } : { student: 0, expert: 20 },
      });
    }
  });

  test('drives by the mean of what all its chunks say', async () => {
    // In frame 3 and later of 0.3, 0.2, 0.1 and 0; fewer chunks have been asked for before.
    const told = planning(1, ({ frame }) => [Math.min(frame, 3) * 0.05, 0, 0, 0]);
    const [averaged, same, whole] = await Promise.all(
      [looking(0, []), told, looking(undefined, [])].map((student) => drive(student, 0)),
    );
    const end = ({ forks }: typeof averaged) =>
      (forks[forks.length - 1].start as BricksStart).loader.headingRad;
    expect(end(averaged)).toBeCloseTo(end(same), 5);
    expect(end(whole)).not.toBeCloseTo(end(same), 5);
  });
});

describe('an episode of it', () => {
  test.each([
    ['blind', blind],
    ['slanted', slanted],
  ])('%s: begins in the student’s state, is labelled by the expert alone, replays', async (_, student) => {
    const slot = 1;
    const { trajectory, origin } = await daggerEpisode(startOf(slot), options(slot, student));
    expect(HANDOVERS).toContain(origin.handover);
    expect(trajectory.outcome, trajectory.detail).toBe('success');
    expect(trajectory.start.seed).toBe(`gen/3/${slot}/0/dagger/cafe`);
    assertReplays({ ...trajectory, start: JSON.parse(JSON.stringify(trajectory.start)) });
    expect(trajectory.actions).toEqual(trajectory.executedActions);
    expect(trajectory.labelValid.every((valid) => valid === 1)).toBe(true);
    expect(trajectory.sources.every((source) => SOURCES[source] === 'dagger')).toBe(true);
    const world = BricksWorld.create(trajectory.start as BricksStart);
    for (let t = 0; t < trajectory.frames; t++) {
      const { action } = expertAction(expertView(world));
      expect([...trajectory.actions.subarray(4 * t, 4 * t + 4)]).toEqual(
        action.map((v) => Math.fround(v) + 0),
      );
      world.step(trajectory.executedActions.subarray(4 * t, 4 * t + 4), 0.1);
    }
    world.dispose();
  });

  test('is the same again, and another in another attempt', async () => {
    const make = (attempt: number) =>
      daggerEpisode(startOf(4), { ...options(4, slanted, 0.3), name: ['gen', 3, 'one-brick', 4, attempt] });
    const first = await make(0);
    expect(await make(0)).toEqual(first);
    expect((await make(1)).trajectory.finalStateHash).not.toBe(first.trajectory.finalStateHash);
  });

  test('keeps a window, longer after a trigger', async () => {
    const { windowS, recoveryWindowS } = DAGGER_DEFAULTS;
    const pressed = await daggerEpisode(startOf(0), options(0, blind));
    expect(pressed.origin.handover).toBe('collision');
    expect(pressed.trajectory.frames).toBeLessThanOrEqual(10 * recoveryWindowS);
    expect(pressed.trajectory.frames).toBeGreaterThan(10 * windowS);
    const whole = forkEpisode(startOf(5), { fps: 10, state: 'seed4', windowS: 1e6 });
    const window = forkEpisode(startOf(5), { fps: 10, state: 'seed4', windowS: 3 });
    expect(window.frames).toBe(30);
    expect(window.outcome).toBe(whole.outcome);
    expect(window.actions).toEqual(whole.actions.slice(0, 30 * 4));
  });

  test('that the expert cannot solve is a failure that says so', async () => {
    const hopeless = { ...scenario, time_limit_s: 5 };
    const outcome = await attemptDagger({
      ...{ scenario: hopeless, slot: 0, attempt: 0, seed: 3, fps: 10, state: 'seed4' },
      ...{ student: zero, studentHash: 'cafe', beta: 0 },
    });
    expect(outcome).toMatchObject({ failure: { kind: 'dagger', reason: 'timeout', slot: 0 } });
    expect('failure' in outcome && outcome.failure.detail).toMatch(/after a student's .* hand-over: timeout/);
  });
});

describe('the state that is chosen', () => {
  const forks = Array.from({ length: 30 }, (_, i) => ({ timeS: 0.8 * i, start: startOf(0) }));

  test('is the last one where time was up, and anywhere on the way where the student succeeded', () => {
    const rng = Rng.from('choose');
    const pick = (handover: 'drawn' | 'ended') =>
      chooseFork({ handover, forks, frames: { student: 0, expert: 0 }, queries: 0 }, rng).timeS;
    expect(pick('drawn')).toBe(forks[29].timeS);
    expect(new Set(Array.from({ length: 200 }, () => pick('ended'))).size).toBe(30);
  });

  test('after a trigger lies where it fired or shortly before', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { timeS } = chooseFork(
          { handover: 'collision', forks, frames: { student: 0, expert: 0 }, queries: 0 },
          Rng.from(seed),
        );
        expect(forks[29].timeS - timeS).toBeLessThanOrEqual(DAGGER_DEFAULTS.leadS + 1e-9);
      }),
    );
  });
});
