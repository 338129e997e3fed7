import { beforeAll, describe, expect, test } from 'vitest';
import { disturbanceOf, disturbedStart, recoveryEpisode } from '../../../generator/modes/recovery.ts';
import { resolveSelection } from '../../../scenarios/registry.ts';
import { SOURCES } from '../../../sim/engine/trajectory.ts';
import { DISTURBANCES } from '../../../sim/tasks/collect-bricks/disturbances/kinds.ts';
import { expertAction, expertView } from '../../../sim/tasks/collect-bricks/expert/expert.ts';
import { BricksWorld } from '../../../sim/tasks/collect-bricks/world.ts';
import { loadTask } from '../../../sim/tasks/load-task.ts';
import { sampleStart } from '../../bricks-starts.ts';

const DISTURBANCE_KINDS = Object.keys(DISTURBANCES);

const [{ scenario }] = resolveSelection('one-brick', '.');
const startOf = (slot: number) => sampleStart(scenario, { namespace: 'gen', seed: 5, slot, attempt: 0 });
const options = (slot: number, disturbance: string) =>
  ({
    fps: 10,
    state: 'seed4',
    scenario,
    name: ['gen', 5, scenario.name, slot, 0],
    disturbance,
    only: true,
  }) as const;

/** As float32; -0 is 0. */
const plain = (action: ArrayLike<number>): number[] => Array.from(action, (value) => Math.fround(value) + 0);

beforeAll(() => loadTask());

describe.each(DISTURBANCE_KINDS)('after %s', (disturbance) => {
  test('an episode replays from what is stored, and every label is the expert’s for the state beside it', () => {
    const run = recoveryEpisode(startOf(0), options(0, disturbance));
    const stored = JSON.parse(JSON.stringify(run.start)) as typeof run.start;
    expect(stored).toEqual(run.start);
    expect(run.start).toMatchObject({ seed: 'gen/5/0/0/recovery', disturbed: { by: disturbance } });
    expect(run.outcome).toBe('success');
    expect(run.sources.every((source) => SOURCES[source] === 'recovery')).toBe(true);
    expect(run.labelValid.every((valid) => valid === 1)).toBe(true);
    expect(run.actions).toEqual(run.executedActions);
    const world = BricksWorld.create(stored);
    for (let t = 0; t < run.frames; t++) {
      const { action } = expertAction(expertView(world));
      expect(plain(run.actions.subarray(4 * t, 4 * t + 4))).toEqual(plain(action));
      world.step(run.executedActions.subarray(4 * t, 4 * t + 4), 1 / run.fps);
    }
    expect(world.stateHash()).toBe(run.finalStateHash);
    world.dispose();
  });
});

test('kinds are spread evenly over slots, and change from attempt to attempt', () => {
  const kinds = Array.from({ length: 90 }, (_, slot) => disturbanceOf(DISTURBANCE_KINDS, 3, 'wall', slot, 0));
  for (const kind of DISTURBANCE_KINDS) {
    const count = kinds.filter((k) => k === kind).length;
    expect(count, kind).toBeGreaterThanOrEqual(8);
    expect(count, kind).toBeLessThanOrEqual(12);
  }
  for (let slot = 0; slot < 90; slot++)
    expect(disturbanceOf(DISTURBANCE_KINDS, 3, 'wall', slot, 1)).not.toBe(
      disturbanceOf(DISTURBANCE_KINDS, 3, 'wall', slot, 0),
    );
});

describe('a disturbed start', () => {
  test('follows from the attempt’s name alone', () => {
    const first = disturbedStart(startOf(1), options(1, 'jam'));
    expect(disturbedStart(startOf(1), options(1, 'jam'))).toEqual(first);
    const elsewhere = { ...options(1, 'jam'), name: ['gen', 5, scenario.name, 1, 1] };
    expect(disturbedStart(startOf(1), elsewhere)).not.toEqual(first);
  });

  test('is finite, in the arena, with bricks left to deliver', () => {
    for (let slot = 0; slot < DISTURBANCE_KINDS.length; slot++) {
      const kind = DISTURBANCE_KINDS[slot];
      const start = disturbedStart(startOf(slot), options(slot, kind));
      const world = BricksWorld.create(start);
      expect(world.isFinite && world.legosRemaining > 0 && world.lost === undefined, `${kind} ${slot}`).toBe(
        true,
      );
      expect(Math.max(Math.abs(start.loader.xM), Math.abs(start.loader.zM))).toBeLessThan(8);
      world.dispose();
    }
  });

  test('of a spill has the load out of the bucket, or about to be', () => {
    for (let slot = 0; slot < 3; slot++) {
      const start = disturbedStart(startOf(slot), options(slot, 'spill'));
      const world = BricksWorld.create(start);
      const isShaken = start.events.some(({ effect }) => effect.type === 'shake-bucket');
      expect(isShaken === world.bricks().some((brick) => brick.inBucket), `slot ${slot}`).toBe(true);
      world.dispose();
    }
  });

  test('at the box has an empty, raised bucket', () => {
    for (let slot = 0; slot < 3; slot++) {
      const start = disturbedStart(startOf(slot), options(slot, 'bucket-up-at-box'));
      const world = BricksWorld.create(start);
      expect(world.bricks().some((brick) => brick.inBucket)).toBe(false);
      expect(start.loader.liftM).toBeGreaterThan(0.05);
      expect(Math.max(Math.abs(start.loader.xM + 6), Math.abs(start.loader.zM + 6))).toBeLessThan(5);
      world.dispose();
    }
  });
});
