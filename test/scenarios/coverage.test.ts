/** Walls, corners and sides take turns by slot, so that a handful of episodes covers them all. */
import { expect, test } from 'vitest';
import { loadScenario } from '../../scenarios/registry.ts';
import { sampleStart } from '../bricks-starts.ts';

const starts = (name: string, slots: number, seed = 3) =>
  Array.from({ length: slots }, (_, slot) =>
    sampleStart(loadScenario(name, '.'), { namespace: 'gen', seed, slot, attempt: 0 }),
  );

const quadrant = ({ xM, zM }: { xM: number; zM: number }) => `${Math.sign(xM)} ${Math.sign(zM)}`;

test.each([0, 7, 123])('four slots of wall cover every wall (seed %i)', (seed) => {
  const walls = starts('wall', 4, seed).map(({ bricks: [brick] }) =>
    Math.abs(brick.xM) > Math.abs(brick.zM) ? `x ${Math.sign(brick.xM)}` : `z ${Math.sign(brick.zM)}`,
  );
  expect(walls.sort()).toEqual(['x -1', 'x 1', 'z -1', 'z 1']);
});

test.each([0, 7, 123])(
  'four slots of corner cover every corner, the one behind the box first (seed %i)',
  (seed) => {
    const corners = starts('corner', 4, seed).map(({ bricks }) => quadrant(bricks[0]));
    expect(corners[0]).toBe('-1 -1');
    expect(new Set(corners).size).toBe(4);
  },
);

test('a retried slot keeps its wall', () => {
  const scenario = loadScenario('wall', '.');
  const xs = [0, 1, 2, 3, 4].map(
    (attempt) => sampleStart(scenario, { namespace: 'gen', seed: 1, slot: 0, attempt }).bricks[0].xM,
  );
  for (const x of xs) expect(x).toBeLessThanOrEqual(-7.6);
});

test('three slots of start-in-corner cover the three corners without the box', () => {
  const corners = starts('start-in-corner', 3).map(({ loader }) => quadrant(loader));
  expect(corners.sort()).toEqual(['-1 1', '1 -1', '1 1']);
});

test.each(['box-side', 'box-wall-side', 'start-at-box-lifted'])(
  'two slots of %s cover both sides',
  (name) => {
    const across = starts(name, 2).map((start) => {
      const { xM, zM } = name.startsWith('start') ? start.loader : start.bricks[0];
      return Math.abs(xM + 6) > Math.abs(zM + 6) ? 'x' : 'z';
    });
    expect(across.sort()).toEqual(['x', 'z']);
  },
);

test('the bricks of a family vary in colour, and all colours are saturated', () => {
  const colors = starts('many', 4).flatMap(({ bricks }) => bricks.map((brick) => brick.colorRgb));
  expect(new Set(colors.map(String)).size).toBeGreaterThan(5);
  for (const rgb of colors) expect(Math.max(...rgb) - Math.min(...rgb)).toBeGreaterThan(0.2);
});
