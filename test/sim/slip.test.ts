import { beforeAll, describe, expect, it } from 'vitest';
import { gripNow } from '../../sim/tasks/collect-bricks/events.ts';
import type { EpisodeEvent } from '../../sim/tasks/collect-bricks/start.ts';
import { BricksWorld } from '../../sim/tasks/collect-bricks/world.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { fixedStart } from './fixed-starts.ts';

const slip = (atS: number, durationS: number, grip: number): EpisodeEvent => ({
  trigger: { type: 'time', atS },
  effect: { type: 'slip', grip, durationS },
});

function speedAfter(events: EpisodeEvent[], seconds: number, action = [0, 1, 0, 0]): number {
  const world = BricksWorld.create(fixedStart('slip', { events }));
  world.step(action, seconds);
  const { speedMps } = world;
  world.dispose();
  return speedMps;
}

describe('slipping wheels', () => {
  beforeAll(() => loadTask());

  it('have the grip of all slips that act at the time', () => {
    const events = [slip(1, 2, 0.5), slip(2, 2, 0.1)];
    expect([0.9, 1, 1.9, 2.5, 3.5, 4].map((t) => gripNow(events, t))).toEqual([1, 0.5, 0.5, 0.05, 0.1, 1]);
  });

  it('give less acceleration for as long as it lasts', () => {
    expect(speedAfter([], 0.3)).toBeCloseTo(0.9, 2);
    expect(speedAfter([slip(0, 1, 0.1)], 0.3)).toBeCloseTo(0.09, 2);
    expect(speedAfter([slip(0, 0.1, 0)], 0.3)).toBeCloseTo(0.6, 2);
  });

  it('go on in a world that is started from one in which they slip', () => {
    const world = BricksWorld.create(fixedStart('slip', { events: [slip(0, 1, 0.1)] }));
    world.step([0, 1, 0, 0], 0.4);
    const { events } = world.startNow();
    expect([0, 0.59, 0.61].map((t) => gripNow(events, t))).toEqual([0.1, 0.1, 1]);
    world.step([0, 1, 0, 0], 0.7);
    expect(world.startNow().events).toEqual([]);
    world.dispose();
  });
});
