/** The round trip of look-outs leaves no place of the arena unseen, wherever it begins. */
import { beforeAll, expect, it } from 'vitest';
import { loadScenario } from '../../scenarios/registry.ts';
import { clamp } from '../../sim/engine/math.ts';
import { distanceTo } from '../../sim/robots/wheel-loader/loader-pose.ts';
import { search } from '../../sim/tasks/collect-bricks/expert/search.ts';
import { SIGHT_M } from '../../sim/tasks/collect-bricks/expert/view.ts';
import { ARENA_HALF_M, BOX, BOX_OUTER_HALF_M } from '../../sim/tasks/collect-bricks/geometry.ts';
import { visibleBricks } from '../../sim/tasks/collect-bricks/visible-bricks.ts';
import { BricksWorld } from '../../sim/tasks/collect-bricks/world.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { sampleStart } from '../bricks-starts.ts';

beforeAll(() => loadTask());

const FPS = 10;
const TOUR_S = 60;
const PLACES = places();

function places() {
  const found: { xM: number; yM: number; zM: number; inBucket: boolean }[] = [];
  const edge = ARENA_HALF_M - 0.2;
  for (let xM = -edge; xM < edge + 0.1; xM += 0.4)
    for (let zM = -edge; zM < edge + 0.1; zM += 0.4) {
      const out = Math.max(Math.abs(xM - BOX.centreXM), Math.abs(zM - BOX.centreZM));
      if (out > BOX_OUTER_HALF_M + 0.2) found.push({ xM, yM: 0.08, zM, inBucket: false });
    }
  return found;
}

it.each([
  [0.5, 0.5, 0],
  [-6, 3, 2],
  [5, 5, 4],
  [-2, -6, 3],
])('sees every place from nearer than SIGHT_M within a minute from (%s, %s)', (xM, zM, headingRad) => {
  const start = sampleStart(loadScenario('one-brick', '.'), {
    namespace: 'gen',
    seed: 1,
    slot: 0,
    attempt: 0,
  });
  const world = BricksWorld.create({ ...start, loader: { ...start.loader, xM, zM, headingRad } });
  const unseen = new Set(PLACES.keys());
  for (let i = 0; i < TOUR_S * FPS; i++) {
    const { loader } = world;
    for (const index of visibleBricks(loader, PLACES, start.visual)) {
      const place = PLACES[index];
      if (distanceTo(loader, place.xM, place.zM) < SIGHT_M) unseen.delete(index);
    }
    const { steering, throttle } = search(loader);
    world.step([clamp(steering, -1, 1), clamp(throttle, -1, 1), 0, 0], 1 / FPS);
  }
  world.dispose();
  expect([...unseen].map((index) => PLACES[index])).toEqual([]);
});
