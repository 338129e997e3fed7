/** What holds for everything that drives, each driven through the loop of a rollout. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { mixedWithExpert } from '../../generator/modes/dagger-mixture.ts';
import { noisePolicy } from '../../generator/modes/noise.ts';
import type { ChunkOptions } from '../../policy/action-chunks.ts';
import { OnnxPolicy } from '../../policy/onnx-policy.ts';
import { BASELINES, baselinePolicy } from '../../rollouts/baselines.ts';
import { runRollout } from '../../rollouts/episode.ts';
import type { RolloutTrajectory } from '../../rollouts/trajectory-file.ts';
import { detourPolicy } from '../../scenarios/probe.ts';
import { condition } from '../../scenarios/suites/conditions.ts';
import { expertPolicy, replayPolicy } from '../../sim/engine/policies.ts';
import type { Policy, SyncPolicy, View } from '../../sim/engine/policy.ts';
import { replay } from '../../sim/engine/replay.ts';
import { Rng } from '../../sim/engine/rng.ts';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import { taskOf } from '../../sim/engine/task-registry.ts';
import { SOURCES } from '../../sim/engine/trajectory.ts';
import { blurredExpert } from '../../sim/tasks/collect-bricks/expert/blurred-expert.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { fixedBrick, fixedStart } from './fixed-starts.ts';

const CAMERA = 'observation.images.ego';
const CHUNK = 6;
/** A picture that shows where everything is. */
const view: View = { draw: async ({ pose }) => Uint8Array.from(pose, (value) => Math.round(40 * value)) };

/** Steers by what it sees, and lifts the further ahead it plans. */
const network = (options: ChunkOptions): OnnxPolicy =>
  new OnnxPolicy(
    {
      contract: {
        chunk: CHUNK,
        inputs: { images: [{ name: CAMERA }] },
        output: { shape: [CHUNK, 4], range: [-1, 1] },
      },
      query: async ([picture], [x, z]) => {
        await nextTurn();
        const rows = Array.from({ length: CHUNK }, (_, i) => [
          picture[2] / 255,
          0.6 - 0.1 * x,
          z / 10,
          i / 10,
        ]);
        return Float32Array.from(rows.flat());
      },
    },
    options,
  );
const whole = (): Policy => network({ actionSteps: CHUNK });
const averaging = (): Policy => network({ actionSteps: 1, ensemble: 0.1 });
const mixed = (student: Policy): Policy =>
  mixedWithExpert({ student, beta: 0.4, rng: () => Rng.from('mixed') });

const SYNCHRONOUS: Record<string, () => SyncPolicy> = {
  ...Object.fromEntries(BASELINES.map((kind) => [kind, () => baselinePolicy(kind)])),
  'the expert that recovers': () => expertPolicy('recovery'),
  'the expert with noise': () => noisePolicy({ name: ['test'], level: 1 }),
  'the blurred expert, late': () => blurredExpert({ name: ['test'], blur: 1, lateFrames: 3 }),
  'a detour, then the expert': () => detourPolicy(3),
  'a recording': () => replayPolicy(Float32Array.from({ length: 160 }, (_, i) => ((i * 7) % 11) / 11)),
};
const KINDS: Record<string, () => Policy> = {
  ...SYNCHRONOUS,
  'a network by whole chunks': whole,
  'a network that averages its chunks': averaging,
  'a student by whole chunks, with the expert': () => mixed(whole()),
  'a student that averages, with the expert': () => mixed(averaging()),
};

const START = fixedStart('one', { timeLimitS: 8, bricks: [fixedBrick(0.3, 2.5, 0.4)] });
const OTHER = fixedStart('other', { timeLimitS: 2, bricks: [fixedBrick(-3, 1, 0)] });

async function drive(policy: Policy, start = START): Promise<RolloutTrajectory> {
  const options = { fps: 10, state: 'full', view };
  return (await runRollout(condition(start, '', 0, 0), policy, options)).trajectory;
}

/** The same policy, some turns of the event loop later: a person, or another process. */
const later = (policy: Policy): Policy => ({
  ...{ actionSteps: policy.actionSteps, history: policy.history, cameras: policy.cameras },
  reset: async (episode) => {
    await nextTurn();
    await policy.reset(episode);
  },
  act: async (observation) => {
    await nextTurn();
    return policy.act(observation);
  },
});

/** As float32; -0 is 0. */
const plain = (action: ArrayLike<number>): number[] => Array.from(action, (value) => Math.fround(value) + 0);

beforeAll(() => loadTask());

describe.each(Object.entries(KINDS))('%s', (_, make) => {
  let driven: RolloutTrajectory;
  beforeAll(async () => {
    driven = await drive(make());
  });

  it('drives the same way after a reset, whatever it drove before', async () => {
    const policy = make();
    await drive(policy, OTHER);
    expect(await drive(policy)).toEqual(driven);
  });

  it('leaves actions that replay to the same poses and the same final state', async () => {
    const again = await drive(replayPolicy(driven.executedActions));
    expect(again.finalStateHash).toBe(driven.finalStateHash);
    expect(again.poses).toEqual(driven.poses);
  });

  it('is recorded with the phases of the task, and sources and labels that there are', () => {
    const { phases } = taskOf(driven.start);
    const derived: string[] = [];
    replay(driven, (world) => derived.push(taskOf(world.start).phase(world)));
    expect([...driven.phases].map((phase) => phases[phase])).toEqual(derived);
    expect([...driven.sources].every((source) => SOURCES[source] !== undefined)).toBe(true);
    expect([...driven.actions, ...driven.executedActions].every(Number.isFinite)).toBe(true);
  });

  it('drives the same way when its answers come later', async () => {
    expect(await drive(later(make()))).toEqual(driven);
  });

  it('declares what it looks through, how far it plans and how far back it depends', () => {
    const { actionSteps, history, cameras } = make();
    expect(actionSteps).toBeGreaterThanOrEqual(1);
    expect(history).toBeGreaterThanOrEqual(1);
    expect([[], [CAMERA]]).toContainEqual(cameras);
  });
});

describe.each(Object.entries(SYNCHRONOUS))('%s', (_, make) => {
  it('drives a simulated episode as it drives a rollout', async () => {
    // The key of a rollout names its start's hash, too, and chance follows from it.
    const start = { ...START, seed: 'kept' };
    const { key } = condition(start, '', 0, 0);
    const policy = make();
    const named: SyncPolicy = { ...policy, reset: (episode) => policy.reset({ ...episode, key }) };
    // A rollout keeps what was asked for before it was clamped.
    const { condition: _key, queryFrames, actions: _asked, ...rollout } = await drive(make(), start);
    expect(simulateEpisode(start, { state: 'full', policy: named })).toMatchObject(rollout);
    expect(queryFrames).toHaveLength(0);
  });
});

describe('a mixture', () => {
  it('labels every frame with the expert’s action, and is driven by both', async () => {
    const { actions, executedActions, frames, start, fps } = await drive(mixed(whole()));
    const labels: number[][] = [];
    replay({ start, fps, executedActions }, (world) => labels.push(plain(taskOf(world.start).expert(world))));
    expect(Array.from({ length: frames }, (_, i) => plain(actions.subarray(4 * i, 4 * i + 4)))).toEqual(
      labels,
    );
    const byExpert = labels.filter((label, i) =>
      label.every((value, k) => executedActions[4 * i + k] === value),
    );
    expect(byExpert.length).toBeGreaterThan(0);
    expect(byExpert.length).toBeLessThan(frames);
  });

  it('asks a student by whole chunks only where it drives, one that averages in every frame', async () => {
    const asked = await drive(mixed(whole()));
    expect(asked.queryFrames.length).toBeGreaterThan(0);
    expect([...asked.queryFrames].every((frame) => frame % CHUNK === 0)).toBe(true);
    expect(asked.queryFrames.length).toBeLessThan(asked.frames / CHUNK);
    const averaged = await drive(mixed(averaging()));
    expect([...averaged.queryFrames]).toEqual(Array.from({ length: averaged.frames }, (_, frame) => frame));
  });
});
